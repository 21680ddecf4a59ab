/*
 * The line and the device of `npm run bench -- serial`: a pseudo terminal on which characters take the time that they
 * take on a real line. `serialLine BAUD`: prints the path of the terminal. A request of function 3 (register N holds N)
 * occupies the line for 11 bits a byte from its arrival; t3.5 later the device answers, and the answer arrives in pieces
 * of 14 bytes (the trigger level of a UART's buffer) as they leave the line. A request that begins less than t3.5 after
 * the last character of the answer is counted as short. A line on standard input: prints "requests short" since the last.
 * A number there sets the speed anew. Ends when its standard input ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES 8
#define PIECE_BYTES 14
/* The kernel wakes a sleeper that much late at most; the rest is waited out awake. */
#define AWAKE_NS 80000

static double byte_ns, gap_ns;
static int64_t answer_ended, requests, short_gaps;

static void set_speed(double baud) {
  byte_ns = 11e9 / baud;
  gap_ns = baud > 19200 ? 1.75e6 : 3.5 * byte_ns;
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void until(int64_t at) {
  int64_t sleep_to = at - AWAKE_NS;
  struct timespec t = {sleep_to / 1000000000, sleep_to % 1000000000};
  if (now_ns() < sleep_to) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
  while (now_ns() < at) {
  }
}

static uint16_t crc16(const uint8_t *bytes, size_t count) {
  uint16_t crc = 0xffff;
  while (count-- > 0) {
    crc ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : (uint16_t)(crc >> 1);
  }
  return crc;
}

static size_t answer(const uint8_t *request, uint8_t *out) {
  unsigned first = request[2] << 8 | request[3], count = request[4] << 8 | request[5];
  if (request[1] != 3 || count < 1 || count > 125) return 0;
  if (crc16(request, 6) != (request[6] | request[7] << 8)) return 0;
  out[0] = request[0];
  out[1] = 3;
  out[2] = (uint8_t)(2 * count);
  for (unsigned index = 0; index < count; index++) {
    out[3 + 2 * index] = (uint8_t)((first + index) >> 8);
    out[4 + 2 * index] = (uint8_t)(first + index);
  }
  size_t length = 3 + 2 * count;
  uint16_t crc = crc16(out, length);
  out[length++] = (uint8_t)crc;
  out[length++] = (uint8_t)(crc >> 8);
  return length;
}

static void serve(int line, const uint8_t *request, int64_t began) {
  uint8_t out[260];
  size_t length = answer(request, out);
  requests++;
  if (answer_ended != 0 && (double)(began - answer_ended) < gap_ns) short_gaps++;
  if (length == 0) return;
  int64_t starts = began + (int64_t)(REQUEST_BYTES * byte_ns + gap_ns);
  for (size_t sent = 0; sent < length;) {
    size_t piece = length - sent < PIECE_BYTES ? length - sent : PIECE_BYTES;
    answer_ended = starts + (int64_t)((double)(sent + piece) * byte_ns);
    until(answer_ended);
    if (write(line, out + sent, piece) != (ssize_t)piece) exit(1);
    sent += piece;
  }
}

static void tell(void) {
  printf("%lld %lld\n", (long long)requests, (long long)short_gaps);
  fflush(stdout);
  requests = 0;
  short_gaps = 0;
}

int main(int argc, char **argv) {
  set_speed(argc > 1 ? atof(argv[1]) : 19200);
  int line = posix_openpt(O_RDWR | O_NOCTTY);
  if (line < 0 || grantpt(line) < 0 || unlockpt(line) < 0) return 1;
  /* Kept open, so that the line does not hang up when the client closes it. */
  int slave = open(ptsname(line), O_RDWR | O_NOCTTY);
  struct termios raw;
  tcgetattr(slave, &raw);
  cfmakeraw(&raw);
  tcsetattr(slave, TCSANOW, &raw);
  printf("%s\n", ptsname(line));
  fflush(stdout);
  uint8_t request[REQUEST_BYTES];
  size_t filled = 0;
  int64_t began = 0;
  for (;;) {
    struct pollfd watched[2] = {{.fd = line, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    poll(watched, 2, -1);
    if (watched[1].revents != 0) {
      char order[16];
      ssize_t length = read(0, order, sizeof order - 1);
      if (length <= 0) return 0;
      order[length] = 0;
      if (order[0] != '\n') set_speed(atof(order));
      tell();
    }
    if ((watched[0].revents & POLLIN) == 0) continue;
    int64_t at = now_ns();
    ssize_t count = read(line, request + filled, sizeof request - filled);
    if (count <= 0) continue;
    if (filled == 0) began = at;
    filled += (size_t)count;
    if (filled < REQUEST_BYTES) continue;
    filled = 0;
    serve(line, request, began);
  }
}
