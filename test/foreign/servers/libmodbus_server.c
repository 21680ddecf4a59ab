/*
 * A Modbus server of libmodbus: libmodbus_server tcp PORT | rtu PATH. The same values as pymodbus_server.py, unit 1 on
 * a serial line, every unit on TCP. Prints "ready". Ends when its standard input does.
 */
#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE 1000

static modbus_mapping_t *values(void) {
  modbus_mapping_t *map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
  for (int i = 0; i < SIZE; i++) {
    map->tab_bits[i] = i % 3 == 0;
    map->tab_input_bits[i] = i % 5 == 0;
    map->tab_input_registers[i] = (uint16_t)(i * 257 + 1);
    map->tab_registers[i] = (uint16_t)(i * 31 + 7);
  }
  return map;
}

/* 1 when a request may be read, 0 when standard input has ended. */
static int wait_for(int descriptor) {
  struct pollfd both[2] = {{descriptor, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (poll(both, 2, -1) >= 0) {
    if (both[1].revents) return 0;
    if (both[0].revents) return 1;
  }
  return 0;
}

static void serve(modbus_t *context, modbus_mapping_t *map) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  while (wait_for(modbus_get_socket(context))) {
    int length = modbus_receive(context, query);
    if (length > 0) modbus_reply(context, query, length, map);
    else if (length == -1 && errno != EMBBADCRC) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int tcp = strcmp(argv[1], "tcp") == 0;
  modbus_t *context = tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[2], 19200, 'N', 8, 1);
  modbus_mapping_t *map = values();
  int listener = -1;
  if (tcp) {
    listener = modbus_tcp_listen(context, 4);
    if (listener < 0) return 1;
  } else {
    modbus_set_slave(context, 1);
    if (modbus_connect(context) < 0) return 1;
  }
  puts("ready");
  fflush(stdout);
  if (!tcp) serve(context, map);
  else
    while (wait_for(listener)) {
      if (modbus_tcp_accept(context, &listener) < 0) return 1;
      serve(context, map);
      modbus_close(context);
    }
  modbus_mapping_free(map);
  modbus_free(context);
  return 0;
}
