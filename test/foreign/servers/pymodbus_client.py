"""A Modbus client of pymodbus 3.0 (Debian): python3 pymodbus_client.py MODE PLACE UNIT, MODE tcp or rtu

Reads operations from standard input, a JSON list each line: [method, address, count or values], and prints for each a
JSON line: the list of values read, "written", or {"exception": code}, or {"error": text}.
"""
import json
import sys

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.pdu import ExceptionResponse
from pymodbus.transaction import ModbusRtuFramer


def connect(mode, place):
    if mode == "tcp":
        return ModbusTcpClient("127.0.0.1", port=int(place), timeout=5)
    line = {"baudrate": 19200, "bytesize": 8, "parity": "N", "stopbits": 1, "timeout": 5}
    return ModbusSerialClient(place, framer=ModbusRtuFramer, **line)


def told(answer, count):
    if isinstance(answer, ExceptionResponse):
        return {"exception": answer.exception_code}
    if answer.isError():
        return {"error": str(answer)}
    if hasattr(answer, "registers") and answer.registers:
        return answer.registers
    if hasattr(answer, "bits") and answer.bits and isinstance(count, int):
        return answer.bits[:count]
    return "written"


if __name__ == "__main__":
    client = connect(sys.argv[1], sys.argv[2])
    if not client.connect():
        sys.exit("no connection")
    for line in sys.stdin:
        method, address, detail = json.loads(line)
        answer = getattr(client, method)(address, detail, slave=int(sys.argv[3]))
        print(json.dumps(told(answer, detail)), flush=True)
    client.close()
