// latency PORT HOST PATH CONNECTIONS RATE SECONDS
//
// Asks over kept connections of HTTP/1.1 at a fixed rate, whatever the answers take, and prints the
// percentiles of their times in microseconds. Times count from the moment at which a request was due,
// so that a server that stalls is charged with all that it kept waiting.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER = 4096, WARM_UP_SECONDS = 1 };

struct connection {
  int socket;
  int64_t due;
  int received;
  char answer[ANSWER];
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "latency: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int compare(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static int dial(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int opened = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (opened < 0 || connect(opened, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
  setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return opened;
}

// Whether the whole answer is there; ends the program if it is not a 200.
static int is_whole(struct connection *one) {
  one->answer[one->received] = 0;
  char *body = strstr(one->answer, "\r\n\r\n");
  if (body == NULL) return 0;
  if (strncmp(one->answer, "HTTP/1.1 200", 12) != 0) {
    fprintf(stderr, "latency: answered with %.40s\n", one->answer);
    exit(1);
  }
  char *length = strcasestr(one->answer, "\r\ncontent-length:");
  int body_octets = length == NULL || length > body ? 0 : atoi(length + 17);
  return one->received >= body + 4 - one->answer + body_octets;
}

int main(int count, char **words) {
  if (count != 7) {
    fprintf(stderr, "usage: latency PORT HOST PATH CONNECTIONS RATE SECONDS\n");
    return 2;
  }
  int connections = atoi(words[4]), seconds = atoi(words[6]) + WARM_UP_SECONDS;
  int64_t period = 1000000000LL / atoi(words[5]);
  int requests = atoi(words[5]) * seconds;
  char request[1024];
  int length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", words[3], words[2]);

  struct connection *all = calloc(connections, sizeof *all);
  struct connection **idle = calloc(connections, sizeof *idle);
  int64_t *times = calloc(requests, sizeof *times);
  int poll = epoll_create1(0), free_count = 0;
  for (int i = 0; i < connections; i++) {
    all[i].socket = dial(atoi(words[1]));
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = &all[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &wanted);
    idle[free_count++] = &all[i];
  }
  int64_t begin = now() + 1000000;
  int sent = 0, answered = 0, measured = 0;
  while (answered < requests) {
    int64_t due = begin + sent * period, left = due - now();
    if (sent < requests && left <= 0 && free_count > 0) {
      // The connection that has waited longest, so that all of them are used.
      struct connection *one = idle[0];
      memmove(idle, idle + 1, --free_count * sizeof *idle);
      one->due = due;
      one->received = 0;
      sent++;
      if (write(one->socket, request, length) != length) fail("write");
      continue;
    }
    struct epoll_event ready[64];
    struct timespec wait = {.tv_nsec = 999000000};
    if (sent < requests && free_count > 0 && left < wait.tv_nsec) wait.tv_nsec = left;
    int found = epoll_pwait2(poll, ready, 64, &wait, NULL);
    if (found < 0) fail("wait");
    for (int i = 0; i < found; i++) {
      struct connection *one = ready[i].data.ptr;
      int octets = read(one->socket, one->answer + one->received, ANSWER - 1 - one->received);
      if (octets <= 0) fail("a connection ended");
      one->received += octets;
      if (!is_whole(one)) continue;
      if (one->due > begin + WARM_UP_SECONDS * 1000000000LL) times[measured++] = now() - one->due;
      answered++;
      idle[free_count++] = one;
    }
  }
  qsort(times, measured, sizeof *times, compare);
  printf("{\"requests\": %d, \"p50\": %.1f, \"p99\": %.1f}\n", requests,
         times[measured / 2] / 1e3, times[(int)(measured * 0.99)] / 1e3);
  return 0;
}
