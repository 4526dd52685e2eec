"""Take the rights to write files, open connections and start programs from the current process, by the Linux kernel.

Two independent mechanisms, each of which is enough: Landlock (kernel 5.13+, `man 7 landlock`), which also restricts
reading, and a seccomp filter of system calls (`man 2 seccomp`). Neither needs privileges, and neither can be undone.
This module imports nothing but the standard library, because it runs before any other library starts a thread.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# linux/landlock.h
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_ABI_VERSION = 1  # flag of landlock_create_ruleset
_RULE_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
# Highest ABI version -> the bits of all rights on files that it knows. Truncation is a right since version 3.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP_RIGHTS = 0b11  # bind, connect; version 4
_SCOPES = 0b11  # abstract Unix sockets, signals to other processes; version 6
_FIRST_WITH_TRUNCATE, _FIRST_WITH_TCP, _FIRST_WITH_SCOPES = 3, 4, 6

# linux/prctl.h, linux/seccomp.h, linux/audit.h
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_SECCOMP_MODE_FILTER = 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000  # the errno is added to the second
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF opcodes
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
_OPENED_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CLONE_THREAD = 0x10000
_ENOSYS, _EPERM = 38, 1

# Numbers of the system calls that change files, open sockets, start programs, or reach other processes.
# From arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_SINCE_LINUX_5 = (424, 425, 428, 429, 430, 432, 438, 442, 452, 463, 466, 467, 469)  # equal on all architectures
_REFUSED = {
    "x86_64": (
        41, 53, 57, 58, 59, 62, 76, 77, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 101, 132, 133, 155, 161, 165,
        166, 188, 189, 190, 197, 198, 199, 200, 234, 235, 258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 285, 310,
        304, 311, 316, 321, 322, *_SINCE_LINUX_5,
    ),
    "aarch64": (
        5, 6, 7, 14, 15, 16, 33, 34, 35, 36, 37, 38, 39, 40, 41, 45, 46, 47, 51, 52, 53, 54, 55, 88, 117, 129, 130,
        131, 198, 199, 221, 265, 270, 271, 276, 280, 281, *_SINCE_LINUX_5,
    ),
}  # fmt: skip
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_OPENS = {"x86_64": ((2, 1), (257, 2)), "aarch64": ((56, 2),)}  # number, position of the flags
_CLONE = {"x86_64": 56, "aarch64": 220}
_UNKNOWN_TO_FILTERS = (435, 437)  # clone3, openat2: arguments in memory; libraries fall back to clone and openat
_X32 = 0x40000000  # x86_64: the same calls under other numbers


def confine() -> bool:
    """Take the right to change files, by both mechanisms; returns whether at least one is in force."""
    return any([landlock(), seccomp()])


def landlock(readable: Iterable[Path] = (Path("/"),)) -> bool:
    """Allow only to read below ``readable``; returns whether this kernel can prevent every change of a file.

    The rights of threads that already run stay as they are. A second call can only take further rights.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _ABI_VERSION)
    if version < 1:
        return False
    rights = _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]
    ruleset = struct.pack(
        "=QQQ",
        rights,
        _TCP_RIGHTS if version >= _FIRST_WITH_TCP else 0,
        _SCOPES if version >= _FIRST_WITH_SCOPES else 0,
    )
    size = 8 if version < _FIRST_WITH_TCP else 16 if version < _FIRST_WITH_SCOPES else 24
    rules = library.syscall(_LANDLOCK_CREATE_RULESET, ruleset, size, 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            with suppress(FileNotFoundError):
                _allow_reading(library, rules, path)
        library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        restricted = bool(library.syscall(_LANDLOCK_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)
    return restricted and version >= _FIRST_WITH_TRUNCATE


def _allow_reading(library: ctypes.CDLL, rules: int, path: Path) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ if path.is_dir() else _READ_FILE
        library.syscall(_LANDLOCK_ADD_RULE, rules, _RULE_PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
    finally:
        os.close(opened)


def seccomp() -> bool:
    """Refuse the system calls that change files, open sockets or start programs; returns whether that is in force."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES or sys.maxsize < 1 << 32:
        return False
    program = b"".join(_filter(machine))
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, described, 0, 0) == 0)


def _filter(machine: str) -> list[bytes]:
    """Return the instructions of the filter: struct sock_filter (code, jump if true, jump if false, value)."""
    program = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_EQUAL, _ARCHITECTURES[machine], 1, 0),
        _instruction(_RETURN, _REFUSE | _EPERM),
        _instruction(_LOAD, _NUMBER_AT),
        *_if(_AT_LEAST, _X32, _REFUSE | _EPERM),
    ]
    for number in _REFUSED[machine]:
        program += _if(_EQUAL, number, _REFUSE | _EPERM)
    for number in _UNKNOWN_TO_FILTERS:
        program += _if(_EQUAL, number, _REFUSE | _ENOSYS)
    for number, position in _OPENS[machine]:
        program += [
            _instruction(_EQUAL, number, 0, 4),
            _instruction(_LOAD, _ARGUMENTS_AT + 8 * position),
            _instruction(_ANY_BIT, _OPENED_TO_WRITE, 0, 1),
            _instruction(_RETURN, _REFUSE | _EPERM),
            _instruction(_RETURN, _ALLOW),
        ]
    program += [
        _instruction(_EQUAL, _CLONE[machine], 0, 3),
        _instruction(_LOAD, _ARGUMENTS_AT),
        _instruction(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _instruction(_RETURN, _REFUSE | _EPERM),
        _instruction(_RETURN, _ALLOW),
    ]
    return program


def _if(condition: int, value: int, answer: int) -> list[bytes]:
    return [_instruction(condition, value, 0, 1), _instruction(_RETURN, answer)]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
