"""The sheet prints on A4, on two pages at most; asked of a browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sheet.test_content import PATIENTS
from tests.test_cli import call

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def printed(sheet: Path) -> bytes:
    assert BROWSER is not None
    pdf = sheet.with_suffix(".pdf")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={sheet.parent / 'browser'}",
    ]
    subprocess.run([BROWSER, *options, f"--print-to-pdf={pdf}", sheet.as_uri()], check=True, capture_output=True, timeout=120)
    return pdf.read_bytes()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
@pytest.mark.parametrize("more", [(), ("--plan", "DPd", "--what-if", "t_11_14=true", "--evidence")], ids=["plain", "with-all"])
@pytest.mark.parametrize("patient", PATIENTS, ids=lambda path: path.stem)
def test_two_pages_of_a4_at_most(patient: Path, more: tuple[str, ...], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    done = call(["assess", patient, "--format", "html", "-o", sheet, *more])
    assert done.returncode == 0, done.stderr
    pdf = printed(sheet)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) in (1, 2)
    boxes = {
        tuple(round(float(side) * 25.4 / 72) for side in box.split()) for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)
    }
    assert boxes == {(0, 0, 210, 297)}
