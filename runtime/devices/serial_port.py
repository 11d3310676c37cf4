"""A serial port (or a pty) on the event loop: opened by pyserial, locked, then read and written without waiting.

Traps: a pty takes parity, bits and locks and keeps none of them; a port that is unplugged answers a read with EIO or
with nothing; closing a port whose far end holds the line would wait half a minute for bytes that nobody takes, so they
are thrown away first.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios

import serial

from drivers.api import SerialLine
from runtime.devices.spec import SerialPort
from runtime.devices.transport import Port, TransportError

CHUNK = 4096
_TAKEN = (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK)


class SerialTransport(Port):
    def __init__(self, port: SerialPort, factory: SerialLine) -> None:
        super().__init__()
        self._path = port.path
        self._line = port.line or factory
        self._serial: serial.Serial | None = None
        self._fd = -1
        self._output = bytearray()
        self._loop = asyncio.get_running_loop()
        self._listening = False

    async def open(self) -> None:
        try:
            self._serial = serial.Serial(
                self._path,
                self._line.baud,
                bytesize=self._line.bits,
                parity=self._line.parity,
                stopbits=self._line.stop,
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError, termios.error) as error:
            code = "BUSY" if isinstance(error, OSError) and error.errno in _TAKEN else "NOHARDWARE"
            raise TransportError(code, str(error)) from error
        self._fd = self._serial.fileno()
        os.set_blocking(self._fd, False)
        self._listen(True)

    def _listen(self, on: bool) -> None:
        if on == self._listening or self._serial is None or (on and self.lost is not None):
            return
        self._listening = on
        if on:
            self._loop.add_reader(self._fd, self._readable)
        else:
            self._loop.remove_reader(self._fd)

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose("NOHARDWARE", str(error))
            return
        if data:
            self._feed(data)
        else:
            self._lose("NOHARDWARE", "the port was hung up")

    def _send(self, data: bytes) -> None:
        waiting = bool(self._output)
        self._output += data
        if not waiting:
            self._writable()
            if self._output and self.lost is None:
                self._loop.add_writer(self._fd, self._writable)

    def _writable(self) -> None:
        try:
            count = os.write(self._fd, self._output[:CHUNK])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose("NOHARDWARE", str(error))
            return
        del self._output[:count]
        if not self._output:
            self._loop.remove_writer(self._fd)
        self._sent()

    def unsent(self) -> int:
        return len(self._output)

    def seconds_for(self, count: int) -> float:
        return count * (self._line.bits + self._line.stop + 2) / self._line.baud

    def _lose(self, code: str, why: str = "") -> None:
        if self._serial is not None:
            self._listen(False)
            self._loop.remove_writer(self._fd)
        super()._lose(code, why)

    def close(self, code: str = "OFFLINE") -> None:
        super().close(code)
        if self._serial is not None:
            try:
                termios.tcflush(self._fd, termios.TCOFLUSH)
            except (OSError, termios.error):
                pass  # it is gone already
            self._serial.close()
            self._serial = None
