"""The scenarios: each kind once for tuning and once, with other numbers, for the report."""

from shopx_core.scaling.inputs import ReplicaBounds, ScalingSpec, ScalingTargets
from shopx_tools.simulator import loads
from shopx_tools.simulator.scenario import UNWARMED, Fault, Scenario, Trouble

WHOLESALER_2010 = (
    1, 0, 1, 3, 2, 1, 7, 1, 5, 3, 0, 1, 7, 2, 4, 5, 2, 3, 14, 4, 11, 4, 8, 6,
    6, 12, 4, 11, 10, 20, 3, 3, 2, 3, 0, 6, 2, 0, 1, 0, 0, 1, 0, 2, 1, 0, 1,
)  # fmt: skip
"""Invoices in each quarter of an hour of 2010-12-09, UCI Online Retail (Chen, D., CC BY 4.0)."""

WHOLESALER_2011 = (
    2, 0, 0, 3, 1, 8, 4, 0, 0, 3, 7, 0, 4, 5, 4, 3, 5, 4, 2, 4, 6, 3, 4, 1, 5,
    7, 7, 11, 6, 2, 7, 2, 7, 4, 6, 4, 2, 3, 15, 6, 6, 10, 9, 0, 9, 3, 6, 2, 3, 3,
)  # fmt: skip
"""The same of 2011-10-06, the day with most invoices."""

TIGHT = ScalingSpec(
    api=ReplicaBounds(min=2, max=8),
    workers=ReplicaBounds(min=0, max=4),
    targets=ScalingTargets(),
    connection_budget=40,
    configured=UNWARMED,
)
"""A budget that does not allow every pod at once."""


def _loads() -> list[Scenario]:
    return [
        Scenario(
            name="steady", about="the same load all the time", half="tuning",
            rate=loads.steady(70),
        ),
        Scenario(
            name="steady-high", about="a high load all the time, from too few pods", half="report",
            rate=loads.steady(110), seconds=780, trigger=0,
        ),
        Scenario(
            name="ramp", about="a rise over five minutes", half="tuning",
            rate=loads.ramp(20, 150, 120, 420), seconds=720, trigger=120,
        ),
        Scenario(
            name="ramp-and-back", about="a rise over four minutes, and back", half="report",
            rate=loads.total(loads.ramp(25, 150, 90, 330), loads.ramp(0, -120, 480, 660)),
            seconds=1080, trigger=90,
        ),
        Scenario(
            name="spike", about="a minute of high load", half="tuning",
            rate=loads.pulse(40, 170, 240, 300), seconds=780, trigger=240,
        ),
        Scenario(
            name="spike-long", about="four minutes of high load", half="report",
            rate=loads.pulse(35, 150, 180, 420), seconds=900, trigger=180,
        ),
        Scenario(
            name="daily-wave", about="a day in fifteen minutes", half="tuning",
            rate=loads.wave(15, 130, 900), seconds=900,
        ),
        Scenario(
            name="daily-waves", about="two days in twenty minutes", half="report",
            rate=loads.wave(10, 125, 600), seconds=1200,
        ),
        Scenario(
            name="flash-sale", about="six times the load, half of it on ten operations",
            half="tuning", rate=loads.pulse(30, 180, 200, 380),
            faults=(Fault(Trouble.HOT_KEYS, 200, 380, 0.5),), seconds=720, trigger=200,
        ),
        Scenario(
            name="flash-sale-wide", about="six times the load, on all operations", half="report",
            rate=loads.pulse(25, 150, 180, 400), faults=(Fault(Trouble.HOT_KEYS, 180, 400, 0.15),),
            seconds=780, trigger=180,
        ),
        Scenario(
            name="oscillating", about="load that swings each 80 s", half="tuning",
            rate=loads.wave(40, 130, 80), seconds=900,
        ),
        Scenario(
            name="oscillating-slow", about="load that swings each 4 minutes", half="report",
            rate=loads.wave(30, 130, 240), seconds=960,
        ),
        Scenario(
            name="wholesaler-2010", about="a real day's orders, 18 s a quarter of an hour",
            half="tuning", rate=loads.total(
                loads.steady(25), loads.steps([8.0 * n for n in WHOLESALER_2010], 18.0)
            ), seconds=840,
        ),
        Scenario(
            name="wholesaler-2011", about="another real day's orders, 18 s a quarter of an hour",
            half="report", rate=loads.total(
                loads.steady(25), loads.steps([9.0 * n for n in WHOLESALER_2011], 18.0)
            ), seconds=900,
        ),
    ]  # fmt: skip


def _cache() -> list[Scenario]:
    return [
        Scenario(
            name="key-shift", about="other operations become popular", half="tuning",
            rate=loads.steady(90), faults=(Fault(Trouble.KEY_SHIFT, 240, 241),), seconds=720,
            trigger=240, pods=3,
        ),
        Scenario(
            name="key-growth", about="a flood of imports opens every period", half="report",
            rate=loads.steady(85), faults=(Fault(Trouble.INGEST, 200, 620),), open_share=0.4,
            seconds=900, trigger=200,
        ),
        Scenario(
            name="cold-start", about="an empty cache at full load", half="tuning",
            rate=loads.steady(100), warm_start=False, seconds=720, trigger=0, retries=True,
        ),
        Scenario(
            name="cold-start-few", about="an empty cache and many closed periods", half="report",
            rate=loads.steady(120), warm_start=False, open_share=0.3, seconds=720, trigger=0,
            retries=True,
        ),
        Scenario(
            name="cache-flush", about="the cache is emptied; clients ask again", half="tuning",
            rate=loads.steady(110), faults=(Fault(Trouble.FLUSH, 300, 301),), open_share=0.3,
            seconds=720, trigger=300, retries=True,
        ),
        Scenario(
            name="cache-flush-peak", about="emptied at the peak of a wave; clients ask again",
            half="report", rate=loads.wave(40, 170, 600),
            faults=(Fault(Trouble.FLUSH, 300, 301),), open_share=0.4,
            seconds=840, trigger=300, retries=True,
        ),
        Scenario(
            name="redis-loss", about="no shared cache for three minutes", half="tuning",
            rate=loads.steady(70), faults=(Fault(Trouble.REDIS_DOWN, 240, 420),), seconds=780,
            trigger=240, pods=3,
        ),
        Scenario(
            name="redis-loss-long", about="no shared cache for six minutes", half="report",
            rate=loads.steady(60), faults=(Fault(Trouble.REDIS_DOWN, 180, 540),), seconds=840,
            trigger=180,
        ),
    ]  # fmt: skip


def _database() -> list[Scenario]:
    return [
        Scenario(
            name="slow-database", about="queries take five times as long", half="tuning",
            rate=loads.steady(70), faults=(Fault(Trouble.SLOW_DATABASE, 240, 600, 5),),
            seconds=900, trigger=600, database_bound=True,
        ),
        Scenario(
            name="slow-database-peak", about="queries take six times as long while load rises",
            half="report", rate=loads.ramp(50, 90, 150, 300),
            faults=(Fault(Trouble.SLOW_DATABASE, 240, 600, 6),),
            seconds=900, trigger=600, database_bound=True,
        ),
        Scenario(
            name="lock", about="some queries wait for a lock, each minute anew", half="tuning",
            rate=loads.steady(60),
            faults=tuple(Fault(Trouble.LOCK, s, s + 40, 0.2) for s in (240, 300, 360)),
            seconds=720, trigger=400, database_bound=True,
        ),
        Scenario(
            name="lock-long", about="some queries wait for a lock for two minutes", half="report",
            rate=loads.steady(65), faults=(Fault(Trouble.LOCK, 240, 360, 0.15),),
            seconds=720, trigger=360, database_bound=True,
        ),
        Scenario(
            name="connections", about="other clients take most connections and much time",
            half="tuning", rate=loads.steady(75), faults=(
                Fault(Trouble.CONNECTIONS, 200, 500, 48), Fault(Trouble.SLOW_DATABASE, 200, 500, 4),
            ), seconds=780, trigger=500, pods=3, database_bound=True,
        ),
        Scenario(
            name="connections-tight", about="a budget for few pods, mostly used by other clients",
            half="report", rate=loads.steady(75),
            faults=(
                Fault(Trouble.CONNECTIONS, 240, 540, 48), Fault(Trouble.SLOW_DATABASE, 240, 540, 5),
            ), seconds=840, spec=TIGHT, pods=3, trigger=540, database_bound=True,
        ),
        Scenario(
            name="refresh-storm", about="views are refreshed again and again", half="tuning",
            rate=loads.steady(75),
            faults=tuple(Fault(Trouble.REFRESH, s, s + 45, 3.6) for s in (180, 300, 420, 540)),
            seconds=720, trigger=585, database_bound=True,
        ),
        Scenario(
            name="refresh-storm-wave", about="views are refreshed while load swings",
            half="report", rate=loads.wave(40, 90, 360),
            faults=tuple(Fault(Trouble.REFRESH, s, s + 60, 3.7) for s in (150, 330, 510)),
            seconds=780, trigger=570, database_bound=True,
        ),
    ]  # fmt: skip


def _releases_and_metrics() -> list[Scenario]:
    return [
        Scenario(
            name="bad-deploy", about="a release fails some requests and takes more CPU",
            half="tuning", rate=loads.steady(75), faults=(
                Fault(Trouble.DEPLOY_ERRORS, 240, 480, 0.03),
                Fault(Trouble.DEPLOY_SLOW, 240, 480, 1.5),
            ), seconds=720, trigger=240,
        ),
        Scenario(
            name="bad-deploy-slow", about="a release takes twice the CPU", half="report",
            rate=loads.steady(60), faults=(Fault(Trouble.DEPLOY_SLOW, 240, 540, 2.0),),
            seconds=840, trigger=240,
        ),
        Scenario(
            name="metrics-missing", about="no metrics while load is high", half="tuning",
            rate=loads.pulse(40, 120, 120, 720),
            faults=(Fault(Trouble.METRICS_MISSING, 240, 640),), seconds=900,
        ),
        Scenario(
            name="metrics-nan", about="metrics are no numbers while load is high", half="report",
            rate=loads.pulse(40, 115, 120, 760), faults=(Fault(Trouble.METRICS_NAN, 240, 680),),
            seconds=900,
        ),
        Scenario(
            name="metrics-stuck-low", about="metrics stick while load rises", half="tuning",
            rate=loads.ramp(40, 120, 200, 300), faults=(Fault(Trouble.METRICS_STUCK, 180, 330),),
            seconds=780, trigger=330,
        ),
        Scenario(
            name="metrics-stuck", about="metrics stick at a peak", half="report",
            rate=loads.pulse(40, 120, 150, 330), faults=(Fault(Trouble.METRICS_STUCK, 300, 600),),
            seconds=900,
        ),
        Scenario(
            name="slow-start", about="pods take a minute to start", half="tuning",
            rate=loads.ramp(30, 140, 120, 240), pod_start=60.0, seconds=720, trigger=120,
        ),
        Scenario(
            name="slow-start-steps", about="load rises in steps, pods take 45 s to start",
            half="report", rate=loads.steps([30, 60, 90, 120, 145, 145], 120.0), pod_start=45.0,
            seconds=840, trigger=120,
        ),
    ]  # fmt: skip


def _jobs() -> list[Scenario]:
    return [
        Scenario(
            name="jobs-burst", about="exports come in bursts", half="tuning",
            rate=loads.steady(40), jobs=loads.total(
                loads.pulse(0, 1.0, 120, 180), loads.pulse(0, 1.0, 480, 540)
            ), seconds=900,
        ),
        Scenario(
            name="jobs-prefetch", about="workers reserve jobs, so that the queue looks empty",
            half="report", rate=loads.steady(40), jobs=loads.pulse(0, 0.5, 120, 420),
            job_seconds=14.0, prefetch=4, seconds=900,
        ),
    ]  # fmt: skip


SCENARIOS: tuple[Scenario, ...] = (
    *_loads(),
    *_cache(),
    *_database(),
    *_releases_and_metrics(),
    *_jobs(),
)


def half(name: str) -> list[Scenario]:
    """The scenarios for tuning, or those for the report."""
    return [scenario for scenario in SCENARIOS if scenario.half == name]
