"""Imported first: raises an ImportError that explains why the native module cannot be used."""

from __future__ import annotations

import _thread


def _is_main_interpreter() -> bool:
    if hasattr(_thread, "_is_main_interpreter"):
        return bool(_thread._is_main_interpreter())
    # Python 3.10 and 3.11.
    try:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found]
    except ImportError:
        return True
    return bool(interpreters.get_current() == interpreters.get_main())


def _is_in_an_archive() -> bool:
    return type(__spec__.loader).__name__ == "zipimporter" if __spec__ is not None else False


if not _is_main_interpreter():
    # It would work, but raise exceptions of other classes, and hang at the end of the process.
    raise ImportError(
        "omni_mcp_py works in the main interpreter of a process only, and this is another one. Under mod_wsgi set "
        "'WSGIApplicationGroup %{GLOBAL}'; otherwise use a process in place of a subinterpreter",
        name="omni_mcp_py",
    )


def _reason() -> str:
    if _is_in_an_archive():
        return (
            "omni_mcp_py has a native module, which Python cannot load from inside a zip archive such as a zipapp. "
            "Install the package beside the archive, or use an archive that unpacks itself (shiv, pex)"
        )
    import sysconfig

    return (
        "omni_mcp_py is installed without its native module, or with one for another Python or platform than "
        f"{sysconfig.get_config_var('SOABI')}. Install its wheel with the pip of this interpreter"
    )


def _load() -> None:
    try:
        import omni_mcp_py._native  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "omni_mcp_py._native":
            raise
        raise ImportError(_reason(), name="omni_mcp_py._native") from error


_load()
