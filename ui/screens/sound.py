"""Two short tones, for good and for bad. A till without a sound card is silent, and sells."""

from __future__ import annotations

import array
import wave
from pathlib import Path
from typing import Any

RATE_HZ = 22050
TONES_HZ_MS: dict[str, tuple[tuple[int, int], ...]] = {"good": ((1760, 60),), "bad": ((330, 160), (0, 40), (330, 260))}


def tone(parts: tuple[tuple[int, int], ...]) -> bytes:
    """Square waves, 16 bits, one channel; 0 Hz is silence."""
    samples = array.array("h")
    for pitch_hz, length_ms in parts:
        half = RATE_HZ // (2 * pitch_hz) if pitch_hz else 0
        samples.extend(
            0 if not half else (6000 if i // half % 2 else -6000) for i in range(RATE_HZ * length_ms // 1000)
        )
    return samples.tobytes()


class Sound:
    """Loads on the first beep, so that the first picture does not wait for it."""

    def __init__(self, folder: Path, wanted: bool = True, cards: Path = Path("/dev/snd")) -> None:
        self._folder = folder
        self._wanted = wanted and cards.is_dir()
        self._loaded: dict[str, Any] = {}
        self._last = ""

    def due(self, beep: str) -> str:
        """Which tone a Message's `beep` asks for now: each value once."""
        if beep == self._last:
            return ""
        self._last = beep
        return beep.partition(":")[0]

    def beep(self, beep: str) -> None:
        name = self.due(beep)
        if name not in TONES_HZ_MS or not self._wanted:
            return
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        if self._loaded[name] is not None:
            self._loaded[name].stop()
            self._loaded[name].play()

    def _load(self, name: str) -> Any:
        from kivy.core.audio import SoundLoader

        path = self._folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(tone(TONES_HZ_MS[name]))
        return SoundLoader.load(str(path))
