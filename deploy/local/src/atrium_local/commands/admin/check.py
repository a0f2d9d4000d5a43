"""`atrium admin check`."""

from __future__ import annotations

import json

import typer
from rich.markup import escape

from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, run_async


def add_to(admin: typer.Typer) -> None:
    """Add the command."""
    admin.command()(check)


def check(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Verify logs, claims, rows and checkpoints, also while the suite runs. Exit 0 when all is well, else 1."""
    from atrium_local.checking import checked

    settings, _ = prepared(Settings, data_dir=data_dir)
    reports = run_async(lambda: checked(settings))
    findings = [finding for report in reports for finding in report.findings]
    if as_json:
        print(
            json.dumps(
                {
                    "clean": not findings,
                    "services": {report.service: {"commits": report.commits} for report in reports},
                    "findings": [
                        {"service": report.service, "kind": each.kind, "where": each.where, "what": each.what}
                        for report in reports
                        for each in report.findings
                    ],
                }
            )
        )
    else:
        for report in reports:
            word = f"[red]✗ {len(report.findings)} wrong[/]" if report.findings else "[green]✓ clean[/]"
            console.print(f"{report.service:<13} {report.commits:>9,} commits  {word}")
            for each in report.findings:
                console.print(f"  [red]{each.kind}[/] {escape(f'{each.where}: {each.what}')}")
    if findings:
        raise typer.Exit(1)
