"""What a session imports ahead: in order, on one thread, and never a reason to hang."""

import subprocess
import sys

import pytest

START = "from gimp_bridge.worker import libraries; libraries.start({modules});"


def in_a_process(code, modules="", folder="."):
    """What ``code`` prints in a process of its own: what is imported there stays there."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n" + START.format(modules=modules) + code
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


@pytest.fixture
def noted(tmp_path):
    """A folder of modules that print their name and the thread that imports them."""
    for name in ("first", "second", "third"):
        (tmp_path / f"{name}.py").write_text(
            "import threading\nprint(__name__, threading.current_thread().name, flush=True)"
        )
    return tmp_path


def test_modules_are_imported_in_order_on_one_thread(noted):
    code = "libraries.soon('third'); libraries.wait()"
    printed = in_a_process(code, "'first', 'second'", noted)
    assert printed == ["first", "libraries", "second", "libraries", "third", "libraries"]


def test_what_is_waited_for_is_there(noted):
    code = "libraries.wait('first'); print('first' in sys.modules)"
    assert in_a_process(code, "", noted) == ["first", "libraries", "True"]


def test_asking_twice_imports_once(noted):
    code = "libraries.soon('first'); libraries.wait('first'); libraries.wait('first')"
    assert in_a_process(code, "'first'", noted) == ["first", "libraries"]


def test_a_module_that_cannot_be_imported_holds_nothing_up(noted):
    code = "libraries.wait('no_such_module', 'first'); print('on')"
    assert in_a_process(code, "'no_such_module'", noted) == ["first", "libraries", "on"]


def test_the_process_is_as_before_once_all_is_there(noted):
    code = (
        "libraries.wait('first'); libraries.soon('second'); libraries.wait();"
        "import gc, time\n"
        "while sys.getswitchinterval() != 0.005 or not gc.isenabled(): time.sleep(0.01)\n"
        "print('as before')"
    )
    assert in_a_process(code, "", noted)[-2:] == ["as", "before"]


def test_a_session_that_ends_does_not_wait_for_them(tmp_path):
    (tmp_path / "endless.py").write_text("import time\ntime.sleep(600)")
    assert in_a_process("print('ended')", "'endless'", tmp_path) == ["ended"]


def test_without_a_session_nothing_is_imported_or_waited_for():
    code = (
        "from gimp_bridge.worker import libraries; import sys;"
        "libraries.soon('wave'); libraries.wait('wave'); print('wave' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
