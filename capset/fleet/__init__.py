"""Snapshots of many hosts, and what to ask of them: it needs the extra ``fleet``.

A snapshot is a table with a row for each process of any number of hosts: Parquet, Arrow or lines of JSON. The engine
that holds it is asked, be it Arrow, polars, pandas, duckdb or PySpark: it groups, and capset explains.

Examples:
    >>> from capset import fleet
    >>> monday, tuesday = fleet.read("examples/fleet/monday.parquet"), fleet.read("examples/fleet/tuesday.parquet")
    >>> change = fleet.drift(monday, tuesday)[0]
    >>> print(change.name, change.diff["effective"], "on", change.hosts, "hosts")
    backup +CAP_DAC_READ_SEARCH on 3 hosts
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.fleet.arrow import arrow_schema as arrow_schema
    from capset.fleet.arrow import rows as rows
    from capset.fleet.arrow import table as table
    from capset.fleet.bridges.ecs import from_ecs as from_ecs
    from capset.fleet.bridges.ecs import to_ecs as to_ecs
    from capset.fleet.bridges.falco import from_falco as from_falco
    from capset.fleet.bridges.falco import to_falco as to_falco
    from capset.fleet.bridges.osquery import from_osquery as from_osquery
    from capset.fleet.bridges.osquery import from_osquery_log as from_osquery_log
    from capset.fleet.bridges.osquery import to_osquery as to_osquery
    from capset.fleet.bridges.tetragon import from_tetragon as from_tetragon
    from capset.fleet.bridges.tetragon import to_tetragon as to_tetragon
    from capset.fleet.changes import Change as Change
    from capset.fleet.changes import Drift as Drift
    from capset.fleet.choosing import between as between
    from capset.fleet.choosing import programs as programs
    from capset.fleet.counting import prevalence as prevalence
    from capset.fleet.counting import who as who
    from capset.fleet.drifting import drift as drift
    from capset.fleet.excess import beyond as beyond
    from capset.fleet.excesses import Beyond as Beyond
    from capset.fleet.excesses import Excess as Excess
    from capset.fleet.files import read as read
    from capset.fleet.files import stream as stream
    from capset.fleet.files import write as write
    from capset.fleet.formats import File as File
    from capset.fleet.gathering import processes as processes
    from capset.fleet.held import Held as Held
    from capset.fleet.lines import from_line as from_line
    from capset.fleet.lines import to_line as to_line
    from capset.fleet.outliers import Outlier as Outlier
    from capset.fleet.outliers import Rare as Rare
    from capset.fleet.rarity import rare as rare
    from capset.fleet.row import COLUMNS as COLUMNS
    from capset.fleet.row import Row as Row
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.fleet.arrow": ("arrow_schema", "rows", "table"),
            "capset.fleet.bridges.ecs": ("from_ecs", "to_ecs"),
            "capset.fleet.bridges.falco": ("from_falco", "to_falco"),
            "capset.fleet.bridges.osquery": ("from_osquery", "from_osquery_log", "to_osquery"),
            "capset.fleet.bridges.tetragon": ("from_tetragon", "to_tetragon"),
            "capset.fleet.excess": ("beyond",),
            "capset.fleet.excesses": ("Beyond", "Excess"),
            "capset.fleet.choosing": ("between", "programs"),
            "capset.fleet.counting": ("prevalence", "who"),
            "capset.fleet.changes": ("Change", "Drift"),
            "capset.fleet.drifting": ("drift",),
            "capset.fleet.files": ("read", "stream", "write"),
            "capset.fleet.formats": ("File",),
            "capset.fleet.gathering": ("processes",),
            "capset.fleet.held": ("Held",),
            "capset.fleet.lines": ("from_line", "to_line"),
            "capset.fleet.row": ("COLUMNS", "Row"),
            "capset.fleet.outliers": ("Outlier", "Rare"),
            "capset.fleet.rarity": ("rare",),
        },
    )
