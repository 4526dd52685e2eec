"""Upload a finished build to the Hugging Face hub."""

from materializer.hub.push import Pushed, PushRequest, push

__all__ = ["PushRequest", "Pushed", "push"]
