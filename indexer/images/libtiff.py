"""Messages of libtiff, which prints them to standard error unless it has a handler.

Pillow sets no handler. Its decoders run in several threads, so a message belongs to the thread that calls the handler.
"""

import ctypes
import functools
import re
import threading
from contextlib import suppress
from pathlib import Path

_MAPS = Path("/proc/self/maps")  # Linux: the libraries of this process; elsewhere messages are printed
_LIBRARY = re.compile(r"/\S*/libtiff[^/\s]*\.so\S*")
_LONGEST = 200
# void handler(const char *module, const char *format, va_list arguments)
_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)

_heard = threading.local()


def clear() -> None:
    """Forget the messages of this thread; collect further ones."""
    _listen()
    _heard.messages = []


def messages() -> tuple[str, ...]:
    """Return the different messages of this thread since :func:`clear`, in order."""
    return tuple(dict.fromkeys(getattr(_heard, "messages", ())))


@functools.cache
def _listen() -> None:
    """Set the handlers of the libtiff that Pillow has loaded, if it is a library of its own."""
    with suppress(OSError, AttributeError):
        found = _LIBRARY.search(_MAPS.read_text())
        if found:
            library = ctypes.CDLL(found.group())
            for name, handler in _HANDLERS.items():
                setter = getattr(library, name)
                setter.argtypes, setter.restype = [_Handler], ctypes.c_void_p
                setter(handler)


def _on_error(_module: bytes, format_: bytes, arguments: int) -> None:
    text = ctypes.create_string_buffer(_LONGEST)
    ctypes.CDLL(None).vsnprintf(text, _LONGEST, format_, ctypes.c_void_p(arguments))
    found = getattr(_heard, "messages", None)
    if found is not None:
        found.append(" ".join(text.value.decode(errors="replace").split()))


def _on_warning(_module: bytes, _format: bytes, _arguments: int) -> None:
    pass


# ctypes frees a callback that nothing refers to.
_HANDLERS = {"TIFFSetErrorHandler": _Handler(_on_error), "TIFFSetWarningHandler": _Handler(_on_warning)}
