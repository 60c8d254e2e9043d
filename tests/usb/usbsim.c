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
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib.h>
#include <linux/usbdevice_fs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

#define PACKET 64 /* full speed, so that a ticket is many packets */
#define OUT_END 0x01
#define IN_END 0x82

/* One transfer of one program, from its submission until it is reaped. */
typedef struct {
    UMockdevIoctlClient *program;
    UMockdevIoctlData *urb, *data;
    int taken; /* bytes moved so far */
} Transfer;

typedef struct {
    int devnum, vid, pid;
    char *serial, *syspath, *node;
    gboolean has_in, gone, halted, claimed_elsewhere;
    long gone_at, hold_at, stall_at; /* in bytes taken; -1: never */
    int short_at;                    /* 0: never */
    guint8 status;
    gsize taken;
    int claims, detached, halts, ids;
    FILE *out;
    int tcp;
    guint can_write;
    GByteArray *input;
    GQueue waiting, done;
    UMockdevIoctlBase *handler;
} Printer;

static UMockdevTestbed *bed;
static GPtrArray *printers;
static const char *folder;
static int next_devnum = 2;
/* umockdev calls the handlers on a thread of its own. */
static GRecMutex lock;

static struct usbdevfs_urb *urb_of(Transfer *t) { return (struct usbdevfs_urb *)t->urb->data; }

static void finish(Printer *p, Transfer *t, int status) {
    urb_of(t)->status = status;
    urb_of(t)->actual_length = t->taken;
    g_queue_push_tail(&p->done, t);
}

static void unplug(Printer *p) {
    if (p->gone) return;
    p->gone = TRUE;
    for (Transfer *t; (t = g_queue_pop_head(&p->waiting));) finish(p, t, -ENODEV);
    umockdev_testbed_uevent(bed, p->syspath, "remove");
    umockdev_testbed_remove_device(bed, p->syspath);
    if (p->can_write) g_source_remove(p->can_write);
    p->can_write = 0;
    if (p->tcp >= 0) shutdown(p->tcp, SHUT_RDWR);
}

static void pump(Printer *p);

static gboolean writable(gint fd, GIOCondition condition, gpointer data) {
    (void)fd, (void)condition;
    g_autoptr(GRecMutexLocker) locked = g_rec_mutex_locker_new(&lock);
    Printer *p = data;
    p->can_write = 0;
    pump(p);
    return G_SOURCE_REMOVE;
}

/* Gives one packet to the printer; how much of it was taken, 0 where it has no room now. */
static int deliver(Printer *p, const guint8 *bytes, int len) {
    if (p->tcp >= 0) {
        ssize_t sent = send(p->tcp, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!p->can_write) p->can_write = g_unix_fd_add(p->tcp, G_IO_OUT, writable, p);
            return 0;
        }
        if (sent >= 0) len = sent; /* else nobody listens behind the printer: it takes all, as a printer without paper */
    }
    fwrite(bytes, 1, len, p->out);
    fflush(p->out);
    p->taken += len;
    return len;
}

/* How many of `len` bytes pass before the mark; all where there is none. */
static int before(long mark, const Printer *p, int len) {
    return mark < 0 ? len : (int)CLAMP(mark - (long)p->taken, 0, len);
}

/* Moves one OUT transfer on; TRUE when it is finished. */
static gboolean move_out(Printer *p, Transfer *t) {
    int len = urb_of(t)->buffer_length;
    if (p->halted) return finish(p, t, -EPIPE), TRUE;
    while (t->taken < len) {
        int packet = MIN(PACKET, len - t->taken);
        /* A stalled packet is not taken at all. */
        if (before(p->stall_at, p, packet) < packet) {
            p->stall_at = -1, p->halted = TRUE;
            return finish(p, t, -EPIPE), TRUE;
        }
        int some = MIN(before(p->hold_at, p, packet), before(p->gone_at, p, packet));
        if (p->short_at) some = MIN(some, p->short_at);
        if (some) some = deliver(p, t->data->data + t->taken, some);
        t->taken += some;
        if (p->gone_at >= 0 && (long)p->taken >= p->gone_at) return finish(p, t, -ENODEV), unplug(p), TRUE;
        if (p->short_at && some) return finish(p, t, 0), TRUE;
        if (!some) return FALSE;
    }
    return finish(p, t, 0), TRUE;
}

static gboolean move_in(Printer *p, Transfer *t) {
    if (!p->input->len) return FALSE;
    t->taken = MIN((int)p->input->len, urb_of(t)->buffer_length);
    memcpy(t->data->data, p->input->data, t->taken);
    g_byte_array_remove_range(p->input, 0, t->taken);
    finish(p, t, 0);
    return TRUE;
}

static void pump(Printer *p) {
    gboolean out_blocked = FALSE;
    for (GList *l = p->waiting.head; l && !p->gone;) {
        GList *next = l->next;
        Transfer *t = l->data;
        gboolean in = urb_of(t)->endpoint & 0x80;
        /* Out of the queue first: an unplugging in between ends all that is still in it. */
        if (in || !out_blocked) {
            g_queue_unlink(&p->waiting, l);
            gboolean over = in ? move_in(p, t) : move_out(p, t);
            if (over) g_list_free_1(l), next = p->gone ? NULL : next;
            else {
                out_blocked |= !in;
                if (next) g_queue_insert_before_link(&p->waiting, next, l);
                else g_queue_push_tail_link(&p->waiting, l);
            }
        }
        l = next;
    }
}

static gboolean readable(gint fd, GIOCondition condition, gpointer data) {
    (void)condition;
    Printer *p = data;
    g_autoptr(GRecMutexLocker) locked = g_rec_mutex_locker_new(&lock);
    guint8 bytes[512];
    ssize_t len = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (len <= 0) return len < 0 && errno == EAGAIN;
    g_byte_array_append(p->input, bytes, len);
    pump(p);
    return G_SOURCE_CONTINUE;
}

static int string_descriptor(guint8 *to, int room, const char *text) {
    int len = 2 + 2 * (int)strlen(text);
    guint8 all[255] = {len, 3};
    for (int i = 0; text[i] && 3 + 2 * i < (int)sizeof all; i++) all[2 + 2 * i] = text[i];
    memcpy(to, all, MIN(len, room));
    return MIN(len, room);
}

/* A control transfer: its setup is in the first eight bytes. Negative: a stall. */
static int control(Printer *p, guint8 *s, int room) {
    guint8 *to = s + 8;
    if (s[0] == 0xa1 && s[1] == 0) {
        char id[128];
        int len = 2 + g_snprintf(id, sizeof id, "MFG:EPSON;CMD:ESC/POS;MDL:TM-T88V;CLS:PRINTER;");
        guint8 head[2] = {len >> 8, len & 0xff};
        p->ids++;
        memcpy(to, head, MIN(2, room));
        if (room > 2) memcpy(to + 2, id, MIN(len, room) - 2);
        return MIN(len, room);
    }
    if (s[0] == 0xa1 && s[1] == 1) return to[0] = p->status, 1;
    if (s[0] == 0x80 && s[1] == 0) return memset(to, 0, MIN(2, room)), MIN(2, room);
    if (s[0] == 0x80 && s[1] == 6 && s[3] == 3) {
        static const guint8 languages[] = {4, 3, 9, 4};
        switch (s[2]) {
        case 0: memcpy(to, languages, MIN(4, room)); return MIN(4, room);
        case 1: return string_descriptor(to, room, "EPSON");
        case 2: return string_descriptor(to, room, "TM-T88V");
        case 3: return p->serial ? string_descriptor(to, room, p->serial) : -EPIPE;
        }
    }
    return -EPIPE;
}

static void submit(Printer *p, UMockdevIoctlClient *c) {
    Transfer *t = g_new0(Transfer, 1);
    t->program = c;
    t->urb = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(c), 0, sizeof(struct usbdevfs_urb), NULL);
    int len = urb_of(t)->buffer_length;
    t->data = len ? umockdev_ioctl_data_resolve(t->urb, offsetof(struct usbdevfs_urb, buffer), len, NULL) : NULL;
    if (urb_of(t)->type == USBDEVFS_URB_TYPE_CONTROL) {
        int got = (t->data->data[0] & 0x80) ? control(p, t->data->data, len - 8) : len - 8;
        t->taken = MAX(got, 0);
        finish(p, t, MIN(got, 0));
    } else {
        g_queue_push_tail(&p->waiting, t);
        pump(p);
    }
    umockdev_ioctl_client_complete(c, 0, 0);
}

static gint of_program(gconstpointer transfer, gconstpointer program) {
    return ((const Transfer *)transfer)->program != program;
}

static void reap(Printer *p, UMockdevIoctlClient *c) {
    GList *l = g_queue_find_custom(&p->done, c, of_program);
    if (!l) return umockdev_ioctl_client_complete(c, -1, p->gone ? ENODEV : EAGAIN);
    Transfer *t = l->data;
    g_queue_delete_link(&p->done, l);
    UMockdevIoctlData *slot =
        umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(c), 0, sizeof(gpointer), NULL);
    umockdev_ioctl_data_set_ptr(slot, 0, t->urb);
    umockdev_ioctl_client_complete(c, 0, 0);
    g_free(t);
}

static void discard(Printer *p, UMockdevIoctlClient *c) {
    gulong address = *(gulong *)umockdev_ioctl_client_get_arg(c)->data;
    for (GList *l = p->waiting.head; l; l = l->next) {
        Transfer *t = l->data;
        if (t->program != c || t->urb->client_addr != address) continue;
        g_queue_delete_link(&p->waiting, l);
        finish(p, t, -ENOENT);
        return umockdev_ioctl_client_complete(c, 0, 0);
    }
    umockdev_ioctl_client_complete(c, -1, EINVAL);
}

static gboolean handle(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer data) {
    (void)base;
    g_autoptr(GRecMutexLocker) locked = g_rec_mutex_locker_new(&lock);
    Printer *p = data;
    gulong request = umockdev_ioctl_client_get_request(c);
    int error = 0;
    if (p->gone && request != USBDEVFS_REAPURB && request != USBDEVFS_REAPURBNDELAY)
        return umockdev_ioctl_client_complete(c, -1, ENODEV), TRUE;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES: {
        UMockdevIoctlData *d = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(c), 0, 4, NULL);
        *(guint32 *)d->data =
            USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        break;
    }
    case USBDEVFS_SUBMITURB: return submit(p, c), TRUE;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY: return reap(p, c), TRUE;
    case USBDEVFS_DISCARDURB: return discard(p, c), TRUE;
    /* Nobody: the kernel has no driver here. */
    case USBDEVFS_GETDRIVER: error = p->claimed_elsewhere ? 0 : ENODATA; break;
    case USBDEVFS_DISCONNECT_CLAIM: p->detached++; /* fall through */
    case USBDEVFS_CLAIMINTERFACE:
        if (p->claimed_elsewhere) error = EBUSY;
        else p->claims++;
        break;
    case USBDEVFS_CLEAR_HALT: p->halted = FALSE, p->halts++; break;
    case USBDEVFS_RELEASEINTERFACE:
    case USBDEVFS_RESET:
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_SETINTERFACE:
    case USBDEVFS_IOCTL: break;
    default: fprintf(stderr, "usbsim: unhandled ioctl %lx\n", request); return FALSE;
    }
    umockdev_ioctl_client_complete(c, error ? -1 : 0, error);
    return TRUE;
}

static void vanished(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer data) {
    (void)base;
    g_autoptr(GRecMutexLocker) locked = g_rec_mutex_locker_new(&lock);
    Printer *p = data;
    GQueue *queues[] = {&p->waiting, &p->done};
    for (int i = 0; i < 2; i++)
        for (GList *l; (l = g_queue_find_custom(queues[i], c, of_program));) g_queue_delete_link(queues[i], l);
}

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
