/*
 * The server of `npm run bench -- wire`: MODBUS/TCP, function 3 only, register N holds N. As little work a request as
 * possible, so that what is measured is the client. Prints its port, ends when its standard input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_BYTES 12
#define MAX_CONNECTIONS 4096

struct connection {
  size_t filled;
  uint8_t bytes[4096];
};

static struct connection *connections[MAX_CONNECTIONS];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Appends the answer to one request; returns its length, 0 when the request is none that we serve. */
static size_t answer(const uint8_t *request, uint8_t *out) {
  unsigned first = request[8] << 8 | request[9];
  unsigned count = request[10] << 8 | request[11];
  if (request[7] != 3 || count == 0 || count > 125) return 0;
  memcpy(out, request, 4);
  out[4] = (uint8_t)((3 + 2 * count) >> 8);
  out[5] = (uint8_t)(3 + 2 * count);
  out[6] = request[6];
  out[7] = 3;
  out[8] = (uint8_t)(2 * count);
  for (unsigned index = 0; index < count; index++) {
    out[9 + 2 * index] = (uint8_t)((first + index) >> 8);
    out[10 + 2 * index] = (uint8_t)(first + index);
  }
  return 9 + 2 * count;
}

static void drop(int fd) {
  close(fd);
  free(connections[fd]);
  connections[fd] = NULL;
}

static void serve(int fd) {
  static uint8_t out[512 * 300];
  struct connection *at = connections[fd];
  ssize_t count = read(fd, at->bytes + at->filled, sizeof at->bytes - at->filled);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    drop(fd);
    return;
  }
  at->filled += (size_t)count;
  size_t taken = 0, length = 0;
  for (; at->filled - taken >= REQUEST_BYTES; taken += REQUEST_BYTES) {
    size_t added = answer(at->bytes + taken, out + length);
    if (added == 0) {
      drop(fd);
      return;
    }
    length += added;
  }
  memmove(at->bytes, at->bytes + taken, at->filled - taken);
  at->filled -= taken;
  if (length > 0 && write(fd, out, length) != (ssize_t)length) drop(fd);
}

static void take(int listener, int epoll) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  if (fd >= MAX_CONNECTIONS) {
    close(fd);
    return;
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections[fd] = calloc(1, sizeof(struct connection));
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 1024) < 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, input = {.events = EPOLLIN, .data.fd = 0};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, -1);
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      if (fd == 0) return 0;
      if (fd == listener) take(listener, epoll);
      else serve(fd);
    }
  }
}
