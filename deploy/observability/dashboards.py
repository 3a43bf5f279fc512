"""Makes the Grafana dashboards beside it: `python deploy/observability/dashboards.py`.

Boards are long and alike; what differs stands here, a line a panel. A test holds the files to this.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "dashboards"
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT = 12, 8
_RATE: Final = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """One graph: its title, its unit in Grafana's words, and a query for each legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    says: str = ""


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    #: Choices above it: a variable's name, its title, and the label of a metric that gives its values.
    choices: tuple[tuple[str, str, str], ...] = field(default=())


def _quantiles(bucket: str, by: str = "", where: str = "") -> tuple[tuple[str, str], ...]:
    """The median and the 95th and 99th percentile of a histogram."""
    labels = f"le, {by}" if by else "le"
    legend = f" {{{{{by}}}}}" if by else ""
    return tuple(
        (f"p{percent}{legend}", f"histogram_quantile(0.{percent}, sum by ({labels}) (rate({bucket}{where}{_RATE})))")
        for percent in ((95,) if by else (50, 95, 99))
    )


_HTTP: Final = "tongban_http_server_duration_seconds"
_RPC: Final = "tongban_rpc_server_duration_seconds"
_PEOPLE: Final = '{http_route!~"/healthz|/readyz|/metrics|.*/events"}'
_WAIT: Final = "tongban_queue_wait_seconds"
_CENTER: Final = '{center=~"$center"}'

BOARDS: Final = (
    Board(
        "overview",
        "通办 · 服务总览",
        (
            Panel(
                "请求量", "reqps", (("{{http_method}}", f"sum by (http_method) (rate({_HTTP}_count{_PEOPLE}{_RATE}))"),)
            ),
            Panel(
                "出错率",
                "percentunit",
                (
                    ("5xx", f'sum(rate({_HTTP}_count{{http_status=~"5.."}}{_RATE})) / sum(rate({_HTTP}_count{_RATE}))'),
                    ("4xx", f'sum(rate({_HTTP}_count{{http_status=~"4.."}}{_RATE})) / sum(rate({_HTTP}_count{_RATE}))'),
                ),
            ),
            Panel("响应时间", "s", _quantiles(f"{_HTTP}_bucket", where=_PEOPLE)),
            Panel(
                "最慢的页面和接口",
                "s",
                (
                    (
                        "{{http_route}}",
                        "topk(10, histogram_quantile(0.95, "
                        f"sum by (le, http_route) (rate({_HTTP}_bucket{_PEOPLE}{_RATE}))))",
                    ),
                ),
            ),
            Panel("调用量", "reqps", (("{{service_name}}", f"sum by (service_name) (rate({_RPC}_count{_RATE}))"),)),
            Panel("调用时间（p95）", "s", _quantiles(f"{_RPC}_bucket", by="service_name")),
            Panel(
                "被拒绝和失败的调用",
                "reqps",
                (("{{rpc_code}}", f'topk(10, sum by (rpc_code) (rate({_RPC}_count{{rpc_code!="ok"}}{_RATE})))'),),
                "Stable codes of errors; `internal` is an accident, the others are answers.",
            ),
            Panel(
                "出错的接口",
                "reqps",
                (("{{http_route}}", f'sum by (http_route) (rate({_HTTP}_count{{http_status=~"5.."}}{_RATE}))'),),
            ),
        ),
    ),
    Board(
        "hall",
        "通办 · 大厅排队",
        (
            Panel("等候时间（p50、p95、p99）", "s", _quantiles(f"{_WAIT}_bucket", where=_CENTER)),
            Panel("各中心等候时间（p95）", "s", _quantiles(f"{_WAIT}_bucket", by="center", where=_CENTER)),
            Panel("各队列等候时间（p95）", "s", _quantiles(f"{_WAIT}_bucket", by="lane", where=_CENTER)),
            Panel("首次叫号", "cpm", (("{{center}}", f"60 * sum by (center) (rate({_WAIT}_count{_CENTER}{_RATE}))"),)),
            Panel(
                "30 分钟内叫到的比例",
                "percentunit",
                (
                    (
                        "{{center}}",
                        f'sum by (center) (rate({_WAIT}_bucket{{center=~"$center", le=~"1800([.]0)?"}}{_RATE}))'
                        f" / sum by (center) (rate({_WAIT}_count{_CENTER}{_RATE}))",
                    ),
                ),
            ),
            Panel(
                "取号、叫号",
                "reqps",
                (
                    (
                        "{{rpc_method}} {{rpc_code}}",
                        "sum by (rpc_method, rpc_code) (rate("
                        f'{_RPC}_count{{rpc_method=~".*QueuingService/(TakeTicket|CallNext)"}}{_RATE}))',
                    ),
                ),
            ),
        ),
        (("center", "中心", f"{_WAIT}_count"),),
    ),
    Board(
        "events",
        "通办 · 事件与发件箱",
        (
            Panel("待发事件", "short", (("{{service_name}}", "max by (service_name) (tongban_outbox_depth)"),)),
            Panel(
                "最早一条待发了多久", "s", (("{{service_name}}", "max by (service_name) (tongban_outbox_age_seconds)"),)
            ),
            Panel("积压", "short", (("{{group}}", "max by (group) (tongban_consumer_lag)"),)),
            Panel("从写入到生效（p95）", "s", _quantiles("tongban_consumer_latency_seconds_bucket", by="group")),
            Panel(
                "已处理事件",
                "ops",
                (("{{group}}", f"sum by (group) (rate(tongban_consumer_latency_seconds_count{_RATE}))"),),
            ),
            Panel(
                "死信",
                "short",
                (("{{group}} {{code}}", "sum by (group, code) (increase(tongban_consumer_dead_letters_total[1h]))"),),
                "In the last hour; what lies there now tells `tongban dlq list`.",
            ),
            Panel("停止的消费组", "short", (("{{group}}", "max by (group) (tongban_consumer_halted)"),)),
            Panel(
                "总线错误",
                "ops",
                (
                    (
                        "{{service_name}} {{operation}} {{code}}",
                        f"sum by (service_name, operation, code) (rate(tongban_bus_errors_total{_RATE}))",
                    ),
                ),
            ),
        ),
    ),
    Board(
        "relay",
        "通办 · 站点互联",
        (
            Panel("待对方收取的函件", "short", (("函件", "max(tongban_relay_backlog)"),)),
            Panel("最早一封等了多久", "s", (("等候", "max(tongban_relay_backlog_age_seconds)"),)),
            Panel("最久没有联络的站点", "s", (("静默", "max(tongban_relay_silence_seconds)"),)),
            Panel(
                "收到未转交",
                "short",
                (("函件", "max(tongban_relay_unpassed)"), ("等待的附件", "max(tongban_relay_files_wanted)")),
            ),
            Panel(
                "需要人工处理",
                "short",
                (
                    ("搁置的函件", "max(tongban_relay_aside)"),
                    ("停止的方向", "max(tongban_relay_stopped)"),
                    ("未应答核对的站点", "max(tongban_relay_unanswered)"),
                ),
            ),
            Panel("拒收", "ops", (("{{code}}", f"sum by (code) (rate(tongban_relay_refused_total{_RATE}))"),)),
        ),
    ),
    Board(
        "operations",
        "通办 · 运行",
        (
            Panel("内存", "bytes", (("{{service_name}}", "max by (service_name) (tongban_process_memory_bytes)"),)),
            Panel("进程数", "short", (("{{service_name}}", "count by (service_name) (tongban_process_memory_bytes)"),)),
            Panel("数据库响应时间（p95）", "s", _quantiles("tongban_store_duration_seconds_bucket", by="operation")),
            Panel(
                "数据库操作",
                "ops",
                (("{{operation}}", f"sum by (operation) (rate(tongban_store_duration_seconds_count{_RATE}))"),),
            ),
            Panel(
                "数据库错误",
                "ops",
                (
                    (
                        "{{service_name}} {{operation}} {{code}}",
                        f"sum by (service_name, operation, code) (rate(tongban_store_errors_total{_RATE}))",
                    ),
                ),
            ),
            Panel("到期任务迟了多久", "s", (("{{alarm}}", "max by (alarm) (tongban_alarms_overdue_seconds)"),)),
            Panel("到期任务执行延迟（p95）", "s", _quantiles("tongban_alarms_delay_seconds_bucket", by="alarm")),
            Panel(
                "已执行的到期任务",
                "ops",
                (("{{alarm}}", f"sum by (alarm) (rate(tongban_alarms_delay_seconds_count{_RATE}))"),),
            ),
        ),
    ),
)


def dashboard(board: Board) -> str:
    """A board as Grafana reads it."""
    made = {
        "uid": f"tongban-{board.name}",
        "title": board.title,
        "tags": ["tongban"],
        "timezone": "browser",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_datasource(), *(_choice(*each) for each in board.choices)]},
        "panels": [_panel(number, each) for number, each in enumerate(board.panels)],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "数据源", "type": "datasource", "query": "prometheus"}


def _choice(name: str, title: str, metric: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": title,
        "type": "query",
        "datasource": _DATASOURCE,
        "query": f"label_values({metric}, {name})",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _DATASOURCE,
        "gridPos": {"x": number % 2 * _WIDTH, "y": number // 2 * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, "custom": {"fillOpacity": 10}}, "overrides": []},
        "options": {"legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": _DATASOURCE, "expr": query, "legendFormat": legend}
            for place, (legend, query) in enumerate(panel.queries)
        ],
    }


def write(boards: Sequence[Board] = BOARDS) -> None:
    """Writes every board to its file."""
    FOLDER.mkdir(exist_ok=True)
    for board in boards:
        (FOLDER / f"{board.name}.json").write_text(dashboard(board), encoding="utf-8")


if __name__ == "__main__":
    write()
