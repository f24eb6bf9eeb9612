"""Which files a batch reads and writes, which are there already, and what each asks for."""

from __future__ import annotations

import argparse
import functools
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from gimp_bridge.cli.file_document import FileDocument
from gimp_bridge.cli.masks import fitted_mask, mask_for, whole_mask
from gimp_bridge.cli.picture_file import SUFFIXES, Header, check_format, read_header
from gimp_bridge.errors import InputError
from gimp_bridge.language import _
from gimp_bridge.worker.batch import Order
from gimp_bridge.worker.job import Job

WHOLE_PICTURES = 2
"""So many pictures are decoded at once; one of 24 megapixels takes 100 MB."""

MakeJob = Callable[[str, Header], Job]
"""Makes the job of a picture of this name."""


class Files:
    """The pictures of a batch as its orders.  InputError when two would write the same file."""

    def __init__(
        self, pictures: Sequence[Path], options: argparse.Namespace, make_job: MakeJob
    ) -> None:
        self._options = options
        self._make_job = make_job
        self._busy = threading.BoundedSemaphore(WHOLE_PICTURES)
        read = functools.partial(whole_mask, invert=options.invert_mask)
        self._mask = functools.lru_cache(maxsize=1)(read)
        outputs = [self._output(picture) for picture in pictures]
        _refuse_clashes(pictures, outputs)
        self._missing = [
            pair for pair in zip(pictures, outputs, strict=True) if not pair[1].exists()
        ]
        self.already = len(pictures) - len(self._missing)

    def orders(self) -> list[Order]:
        """One order for every picture that has no output yet."""
        return [self._order(picture, output) for picture, output in self._missing]

    def _order(self, picture: Path, output: Path) -> Order:
        try:
            header = read_header(picture)
            check_format(output, header.size)
            mask = mask_for(picture, self._options.mask)
        except InputError as error:
            return Order(picture.name, problem=str(error))
        job = self._make_job(picture.name, header)
        document = FileDocument(
            picture,
            output,
            lambda: fitted_mask(self._mask(mask), job.canvas, self._options.align),
            busy=self._busy,
        )
        return Order(picture.name, document, job)

    def _output(self, picture: Path) -> Path:
        ending = f".{self._options.format}" if self._options.format else picture.suffix
        output: Path = self._options.output
        return output / f"{picture.stem}{ending}"


def _refuse_clashes(pictures: Sequence[Path], outputs: Sequence[Path]) -> None:
    taken: dict[Path, Path] = {}
    for picture, output in zip(pictures, outputs, strict=True):
        if output in taken:
            raise InputError(
                _(
                    "{one} and {other} would both become {output}: rename one, or leave out "
                    "--format."
                ).format(one=taken[output].name, other=picture.name, output=output)
            )
        if output.exists() and output.samefile(picture):
            raise InputError(_("The output folder is the pictures' own: choose another one."))
        taken[output] = picture


def find_pictures(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names; InputError where there are none."""
    if not folder.is_dir():
        raise InputError(_("{folder} is not a folder.").format(folder=folder))
    found = sorted(
        path
        for path in folder.iterdir()
        # macOS keeps what other file systems cannot in files of this name.
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("._")
    )
    if not found:
        text = _("{folder} holds no pictures ({kinds}).")
        raise InputError(text.format(folder=folder, kinds=", ".join(SUFFIXES)))
    return found
