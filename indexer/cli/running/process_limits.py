"""Check the limits of this process (`ulimit`) before libraries are loaded, which crash or hang if they are too low."""

import resource

from indexer.base.errors import ConfigError

# `ulimit -v` and `-n` of the runs in tests/reliability/test_faults.py, on two cores.
_LEAST_MEMORY = 3_000_000 * 1024  # bytes of addresses; libraries reserve more than they use
_LEAST_FILES = 64


def check_process_limits() -> None:
    """Raise ConfigError if this process may map too little memory or open too few files."""
    memory, _ = resource.getrlimit(resource.RLIMIT_AS)
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if memory != resource.RLIM_INFINITY and memory < _LEAST_MEMORY:
        raise ConfigError(
            f"virtual memory is limited to {memory // 1024:,} KiB: raise the limit to {_LEAST_MEMORY // 1024} or more"
            " (ulimit -v); [database] memory of local.cfg limits the memory that is used"
        )
    if files != resource.RLIM_INFINITY and files < _LEAST_FILES:
        raise ConfigError(f"this process may open {files} files: raise the limit to {_LEAST_FILES} or more (ulimit -n)")
