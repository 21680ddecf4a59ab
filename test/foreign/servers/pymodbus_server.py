"""A Modbus server of pymodbus 3.0 (Debian): python3 pymodbus_server.py MODE PLACE [CERT KEY CA]

MODE: tcp, tls, udp, rtu-tcp (RTU frames over TCP), ascii-tcp, rtu, ascii (on a serial line); PLACE: a port on 127.0.0.1,
or the path of the line. 1000 addresses a table, the same values for every unit: coil i is on where i % 3 == 0, discrete
input i where i % 5 == 0, input register i holds (i * 257 + 1) & 0xFFFF, holding register i (i * 31 + 7) & 0xFFFF.
Prints "ready".
"""
import asyncio
import ssl
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import async_io
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer

SIZE = 1000


def context():
    store = ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, [i % 3 == 0 for i in range(SIZE)]),
        di=ModbusSequentialDataBlock(0, [i % 5 == 0 for i in range(SIZE)]),
        ir=ModbusSequentialDataBlock(0, [(i * 257 + 1) & 0xFFFF for i in range(SIZE)]),
        hr=ModbusSequentialDataBlock(0, [(i * 31 + 7) & 0xFFFF for i in range(SIZE)]),
        zero_mode=True,
    )
    return ModbusServerContext(slaves=store, single=True)


def identity():
    return ModbusDeviceIdentification(
        info_name={"VendorName": "Foreign", "ProductCode": "PM", "MajorMinorRevision": "3.0", "ProductName": "Reference"}
    )


def server_context(cert, key, authority):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    tls.load_verify_locations(authority)
    tls.verify_mode = ssl.CERT_REQUIRED
    return tls


async def start(mode, place, rest):
    common = {"context": context(), "identity": identity(), "defer_start": True}
    if mode in ("rtu", "ascii"):
        framer = ModbusRtuFramer if mode == "rtu" else ModbusAsciiFramer
        line = {"port": place, "baudrate": 19200, "bytesize": 8, "parity": "N", "stopbits": 1, "timeout": 0.01}
        server = await async_io.StartAsyncSerialServer(framer=framer, **line, **common)
        await server.start()
    else:
        address = ("127.0.0.1", int(place))
        if mode == "udp":
            server = await async_io.StartAsyncUdpServer(address=address, **common)
        elif mode == "tls":
            # Modbus/TCP Security carries MBAP frames inside TLS; pymodbus's own TLS framer leaves the header out.
            server = await async_io.StartAsyncTlsServer(
                framer=ModbusSocketFramer, address=address, sslctx=server_context(*rest), reqclicert=True, **common
            )
        else:
            framers = {"tcp": ModbusSocketFramer, "rtu-tcp": ModbusRtuFramer, "ascii-tcp": ModbusAsciiFramer}
            server = await async_io.StartAsyncTcpServer(framer=framers[mode], address=address, **common)
    asyncio.get_running_loop().call_later(0.3, lambda: print("ready", flush=True))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(start(sys.argv[1], sys.argv[2], sys.argv[3:]))
