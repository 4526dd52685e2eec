"""Terms of the Hugging Face hub's dataset cards. Source: https://huggingface.co/docs/hub/datasets-cards."""

_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)  # fmt: skip


def size_category(images: int) -> str:
    """Return the value of ``size_categories`` for a number of images."""
    return next((category for limit, category in _SIZES if images < limit), "100M<n<1B")
