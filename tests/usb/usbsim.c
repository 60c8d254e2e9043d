/* A USB bus without a kernel: umockdev's test bed with a live handler of the usbfs calls that libusb makes. Printers are
 * plugged, unplugged and made to fail over a socket; what is written to one goes to a TCP port (a virtual printer), what
 * that says comes back as bulk input.
 *
 *   umockdev-wrapper usbsim SOCKET FOLDER COMMAND [ARGUMENT...]     runs the command and ends with its status
 *
 * Everything that a printer takes is also in FOLDER/DEVNUM.out, byte for byte. Said to SOCKET, a line each, answered by
 * one line that begins with "ok" or "error":
 *
 *   plug PORT VID PID SERIAL|- TCP|0 [noin]   a printer at that port of bus 1; answers "ok DEVNUM"
 *   unplug DEVNUM                             as when somebody pulls the cable
 *   gone DEVNUM N                             the same once N more bytes were taken
 *   hold DEVNUM N                             takes N more bytes, then nothing (NAK) until "go"
 *   go DEVNUM                                 takes bytes again
 *   stall DEVNUM N                            takes N more bytes, then stalls the packet until the halt is cleared
 *   short DEVNUM N                            a packet ends after N bytes at most, and the rest has to be sent again
 *   claim DEVNUM 0|1                          another program holds the interface
 *   status DEVNUM HEX                         the port status
 *   say DEVNUM HEX                            bulk input that nobody asked for
 *   stats DEVNUM                              "ok taken=N claims=N detached=N halts=N ids=N"
 */
#include "printer.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

UMockdevTestbed *bed;
static GPtrArray *printers;
static const char *folder;
static int next_devnum = 2;
GRecMutex lock;

static int connect_to(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, small = 4096;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) return close(fd), -1;
    return fd;
}

static char *descriptors(const Printer *p) {
    guint8 bytes[] = {18, 1, 0, 2, 0, 0, 0, 64, p->vid, p->vid >> 8, p->pid, p->pid >> 8, 0, 1, 1, 2, p->serial ? 3 : 0, 1,
                      9, 2, p->has_in ? 32 : 25, 0, 1, 1, 0, 0xc0, 0,
                      9, 4, 0, 0, p->has_in ? 2 : 1, 7, 1, p->has_in ? 2 : 1, 0,
                      7, 5, OUT_END, 2, PACKET, 0, 0,
                      7, 5, IN_END, 2, PACKET, 0, 0};
    GString *hex = g_string_new("");
    for (gsize i = 0; i < sizeof bytes - (p->has_in ? 0 : 7); i++) g_string_append_printf(hex, "%02X", bytes[i]);
    return g_string_free(hex, FALSE);
}

static gboolean appear(Printer *p, const char *port, GError **error) {
    g_autofree char *hex = descriptors(p);
    g_autofree char *text = g_strdup_printf(
        "P: /devices/pci0000:00/usb1/%s\nN: bus/usb/001/%03d\nE: DEVNAME=/dev/bus/usb/001/%03d\nE: DEVTYPE=usb_device\n"
        "E: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=%03d\nE: MAJOR=189\nE: MINOR=%d\nA: busnum=1\\n\nA: devnum=%d\\n\n"
        "A: speed=12\\n\nA: bConfigurationValue=1\\n\nA: idVendor=%04x\\n\nA: idProduct=%04x\\n\n"
        "A: bNumConfigurations=1\\n\nH: descriptors=%s\n",
        port, p->devnum, p->devnum, p->devnum, p->devnum - 1, p->devnum, p->vid, p->pid, hex);
    if (!umockdev_testbed_add_from_string(bed, text, error)) return FALSE;
    p->syspath = g_strdup_printf("/sys/devices/pci0000:00/usb1/%s", port);
    p->node = g_strdup_printf("/dev/bus/usb/001/%03d", p->devnum);
    p->handler = umockdev_ioctl_base_new();
    g_signal_connect_after(p->handler, "handle-ioctl", G_CALLBACK(handle), p);
    g_signal_connect(p->handler, "client-vanished", G_CALLBACK(vanished), p);
    return umockdev_testbed_attach_ioctl(bed, p->node, p->handler, error);
}

static char *plug(char **word) {
    if (g_strv_length(word) < 6) return g_strdup("error: plug PORT VID PID SERIAL TCP");
    Printer *p = g_new0(Printer, 1);
    p->devnum = next_devnum++;
    p->vid = strtol(word[2], NULL, 16), p->pid = strtol(word[3], NULL, 16);
    p->serial = strcmp(word[4], "-") ? g_strdup(word[4]) : NULL;
    p->has_in = !word[6];
    p->gone_at = p->hold_at = p->stall_at = -1;
    p->status = 0x18;
    p->input = g_byte_array_new();
    g_autofree char *path = g_strdup_printf("%s/%d.out", folder, p->devnum);
    p->out = fopen(path, "wb");
    p->tcp = atoi(word[5]) ? connect_to(atoi(word[5])) : -1;
    if (p->tcp >= 0) g_unix_fd_add(p->tcp, G_IO_IN | G_IO_HUP, readable, p);
    g_ptr_array_add(printers, p);
    g_autoptr(GError) error = NULL;
    if (!appear(p, word[1], &error)) return g_strdup_printf("error: %s", error->message);
    return g_strdup_printf("ok %d", p->devnum);
}

static Printer *printer_of(const char *devnum) {
    for (guint i = 0; devnum && i < printers->len; i++)
        if (((Printer *)printers->pdata[i])->devnum == atoi(devnum)) return printers->pdata[i];
    return NULL;
}

static void say(Printer *p, const char *hex) {
    for (; g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]); hex += 2) {
        guint8 byte = g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]);
        g_byte_array_append(p->input, &byte, 1);
    }
}

static char *obey(char **word) {
    const char *verb = word[0] ? word[0] : "";
    if (!strcmp(verb, "plug")) return plug(word);
    Printer *p = word[0] ? printer_of(word[1]) : NULL;
    if (!p) return g_strdup("error: no such printer");
    const char *argument = word[2] ? word[2] : "0";
    long mark = (long)p->taken + atol(argument);
    if (!strcmp(verb, "unplug")) unplug(p);
    else if (!strcmp(verb, "gone")) p->gone_at = mark;
    else if (!strcmp(verb, "hold")) p->hold_at = mark;
    else if (!strcmp(verb, "go")) p->hold_at = -1;
    else if (!strcmp(verb, "stall")) p->stall_at = mark;
    else if (!strcmp(verb, "short")) p->short_at = atoi(argument);
    else if (!strcmp(verb, "claim")) p->claimed_elsewhere = atoi(argument);
    else if (!strcmp(verb, "status")) p->status = strtol(argument, NULL, 16);
    else if (!strcmp(verb, "say")) say(p, argument);
    else if (!strcmp(verb, "stats"))
        return g_strdup_printf("ok taken=%zu claims=%d detached=%d halts=%d ids=%d", p->taken, p->claims, p->detached,
                               p->halts, p->ids);
    else return g_strdup_printf("error: unknown word %s", verb);
    pump(p);
    return g_strdup("ok");
}

static gboolean told(gint fd, GIOCondition condition, gpointer data) {
    (void)condition, (void)data;
    char line[512];
    ssize_t len = recv(fd, line, sizeof line - 1, 0);
    if (len <= 0) return close(fd), G_SOURCE_REMOVE;
    line[len] = 0;
    g_autoptr(GRecMutexLocker) locked = g_rec_mutex_locker_new(&lock);
    g_auto(GStrv) word = g_strsplit_set(g_strstrip(line), " \n", -1);
    g_autofree char *answer = obey(word);
    g_autofree char *whole = g_strconcat(answer, "\n", NULL);
    if (send(fd, whole, strlen(whole), MSG_NOSIGNAL) < 0) return close(fd), G_SOURCE_REMOVE;
    return G_SOURCE_CONTINUE;
}

static gboolean caller(gint fd, GIOCondition condition, gpointer data) {
    (void)condition, (void)data;
    g_unix_fd_add(accept(fd, NULL, NULL), G_IO_IN | G_IO_HUP, told, NULL);
    return G_SOURCE_CONTINUE;
}

static void ended(GPid pid, gint status, gpointer data) {
    (void)pid, (void)data;
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv) {
    if (argc < 4) return fprintf(stderr, "usbsim SOCKET FOLDER COMMAND [ARGUMENT...]\n"), 2;
    folder = argv[2];
    printers = g_ptr_array_new();
    bed = umockdev_testbed_new();
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    g_strlcpy(at.sun_path, argv[1], sizeof at.sun_path);
    unlink(argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 16)) return perror(argv[1]), 2;
    g_unix_fd_add(listener, G_IO_IN, caller, NULL);
    g_autoptr(GError) error = NULL;
    GPid pid;
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH;
    if (!g_spawn_async(NULL, argv + 3, NULL, flags, NULL, NULL, &pid, &error))
        return fprintf(stderr, "%s\n", error->message), 2;
    g_child_watch_add(pid, ended, NULL);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
