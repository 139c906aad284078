"""`symderive bench`: generated code beside the textbook's and what is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .progress import watched


def bench_operators(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Operators. Without any: those people use most."),
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Time spent on each comparison.", min=0.001)
    ] = 0.5,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the large shapes.")] = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Save all that was measured.")
    ] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="A picture.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="The table as Markdown.")
    ] = None,
) -> None:
    """Time generated code against the textbook's NumPy, torch, JAX and Numba, side by side.

    All run in this process, turn by turn; shown are medians, and how many times as fast as the
    textbook each one is. Threads follow OMP_NUM_THREADS.

    \b
    symderive bench softmax
    OMP_NUM_THREADS=1 symderive bench softmax layer_norm --json speed.json --svg speed.svg
    """
    from rich.console import Console  # 50 ms that only this command pays

    from .. import bench as benches
    from ..bench.report import as_json
    from ..bench.report import markdown as as_markdown
    from ..bench.run import threads

    chosen = tuple(names or benches.OPERATORS)
    shapes = benches.SHAPES[:2] if quick else benches.SHAPES
    total = 2 * len(chosen) * len(shapes)
    results = list(watched(benches.bench(chosen, shapes, seconds), "measuring", total))
    Console(width=None).print(benches.table(results))
    texts = {
        json: as_json(results, threads()),
        svg: benches.picture(results),
        markdown: as_markdown(results),
    }
    for path, written in texts.items():
        if path is not None:
            path.write_text(written, encoding="utf-8")
