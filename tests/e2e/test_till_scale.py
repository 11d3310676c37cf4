"""What lies on the real daemon's (simulated) scale is sold once."""

from __future__ import annotations

from pathlib import Path

from rig import Store

from runtime.wire.messages import View

PUMPKIN = "117202"


def says(view: View) -> str:
    return view.weighing.sentence.code if view.weighing is not None else ""


def test_what_is_left_on_the_scale_is_not_the_next_goods(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        front = store.front_end
        front.wait(lambda view: all(device.ok for device in view.devices), 20)
        store.control("scale", weight_g=1236, stable=True)
        store.scan(PUMPKIN)
        front.wait(lambda view: len(view.lines) == 1)
        store.scan(PUMPKIN)
        view = front.wait(lambda view: says(view) == "weight_taken")
        assert view.weighing is not None and view.weighing.sentence.remedy
        store.control("scale", weight_g=800, stable=True, settle_ms=300)
        front.wait(lambda view: len(view.lines) == 2)
        store.control("scale", weight_g=0, stable=True)
        store.scan(PUMPKIN)
        front.wait(lambda view: says(view) == "ESCAL_ZERO")
        store.control("scale", weight_g=800, stable=True)
        view = front.wait(lambda view: len(view.lines) == 3)
        assert [line.weight_g for line in view.lines] == [1236, 800, 800]
        front.must("void_line", line=3)
        store.scan(PUMPKIN)  # the wrong number was keyed: the same goods, under the right one
        front.wait(lambda view: len(view.lines) == 4)
