"""The energy and carbon of a run: the paper's formula (section 6), after Wu et al. 2022.

Wh = GPU hours · GPU power · PUE, and tCO2eq = MWh · carbon intensity. Only the devices' own power is counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import UsageError

GPU_WATTS = 400.0  # an A100-80GB's thermal design power, the paper's figure
PUE = 1.1  # power usage effectiveness of the data centre, the paper's figure
INTENSITY = 0.385  # kg CO2eq per kWh (t per MWh), the United States' average, the paper's figure


@dataclass(frozen=True)
class Footprint:
    """Energy in MWh and emissions in tonnes of CO2 equivalent."""

    mwh: float
    tonnes: float


def footprint(gpu_hours: float, watts: float = GPU_WATTS, pue: float = PUE, intensity: float = INTENSITY) -> Footprint:
    """The energy and emissions of a run.

    Args:
        gpu_hours: hours, summed over devices.
        watts: power of one device.
        pue: power of the data centre over that of its machines.
        intensity: tonnes of CO2 equivalent per MWh.
    """
    mwh = gpu_hours * watts * pue / 1e6  # Wh in a MWh
    return Footprint(mwh, mwh * intensity)


def hours_of(run: Path) -> float:
    """Device hours of the run in a folder, from its metrics.

    Raises:
        UsageError: the folder has none.
    """
    from model.metrics import METRICS

    path = run / METRICS if run.is_dir() else run
    try:
        rows = [json.loads(row) for row in path.read_text().splitlines()]
        return sum(float(row["device_seconds"]) for row in rows) / 3600  # seconds per hour
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"a run's folder with {METRICS}", type(error).__name__, str(path)) from error
