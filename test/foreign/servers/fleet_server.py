"""Units of a fleet, by pymodbus (Debian): python3 fleet_server.py rtu|tcp PLACE UNITS

Holding registers of unit u: 0 holds 1000 + u; 1 and 2 the time, in units of 10 ms since 1970 modulo 2^32, high word
first; 3 the low word of the time xor 257 * u; up to 99 all others hold u. Lines on standard input: "UNIT MODE", where
MODE is ok, silent (a gateway says 0B), slow (60 ms later) or garbled. Prints "ready".
"""
import asyncio
import random
import struct
import sys
import time

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.pdu import ExceptionResponse
from pymodbus.server import async_io
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
from pymodbus.utilities import computeCRC

SIZE = 100
kind, place, units = sys.argv[1], sys.argv[2], int(sys.argv[3])
modes = {}


class Living(ModbusSequentialDataBlock):
    def __init__(self, unit):
        super().__init__(0, [unit] * SIZE)
        self.unit = unit

    def getValues(self, address, count=1):
        ticks = int(time.time() * 100) & 0xFFFFFFFF
        head = [1000 + self.unit, ticks >> 16, ticks & 0xFFFF, (ticks & 0xFFFF) ^ (257 * self.unit)]
        return (head + [self.unit] * SIZE)[address : address + count]


def garbled(response):
    body = bytes([response.unit_id, response.function_code]) + response.encode()
    if kind == "rtu":
        frame = bytearray(body + struct.pack(">H", computeCRC(body)))
        frame[random.randrange(len(frame))] ^= 1 << random.randrange(8)
        return bytes(frame)
    # Without a checksum a flipped bit in a value is nobody's to find: the frame itself is wrong here.
    return struct.pack(">HHH", response.transaction_id, 0, len(body)) + body[:2] + b"\x01" + body[3:]


def spoil(response):
    mode = modes.get(response.unit_id, "ok")
    if mode == "silent" and kind == "rtu":
        response.should_respond = False
    elif mode == "silent":
        spoken = ExceptionResponse(response.function_code, 0x0B)
        spoken.transaction_id, spoken.unit_id = response.transaction_id, response.unit_id
        return spoken, False
    elif mode == "slow":
        time.sleep(0.06)
    elif mode == "garbled":
        return garbled(response), True
    return response, False


def told():
    line = sys.stdin.readline().split()
    if len(line) == 2:
        modes[int(line[0])] = line[1]


async def start():
    slaves = {u: ModbusSlaveContext(hr=Living(u), zero_mode=True) for u in range(1, units + 1)}
    common = {"context": ModbusServerContext(slaves=slaves, single=False), "defer_start": True}
    common["response_manipulator"] = spoil
    if kind == "rtu":
        line = {"port": place, "baudrate": 19200, "bytesize": 8, "parity": "N", "stopbits": 1, "timeout": 0.01}
        server = await async_io.StartAsyncSerialServer(framer=ModbusRtuFramer, ignore_missing_slaves=True, **line, **common)
        await server.start()
    else:
        server = await async_io.StartAsyncTcpServer(
            framer=ModbusSocketFramer, address=("127.0.0.1", int(place)), allow_reuse_address=True, **common
        )
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, told)
    loop.call_later(0.3, lambda: print("ready", flush=True))
    await server.serve_forever()


asyncio.run(start())
