/* The usbfs calls of libusb, and the bytes that they move. */
#include "printer.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/usbdevice_fs.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* One transfer of one program, from its submission until it is reaped. */
typedef struct {
    UMockdevIoctlClient *program;
    UMockdevIoctlData *urb, *data;
    int taken; /* bytes moved so far */
} Transfer;

static struct usbdevfs_urb *urb_of(Transfer *t) { return (struct usbdevfs_urb *)t->urb->data; }

static void finish(Printer *p, Transfer *t, int status) {
    urb_of(t)->status = status;
    urb_of(t)->actual_length = t->taken;
    g_queue_push_tail(&p->done, t);
}

void unplug(Printer *p) {
    if (p->gone) return;
    p->gone = TRUE;
    for (Transfer *t; (t = g_queue_pop_head(&p->waiting));) finish(p, t, -ENODEV);
    umockdev_testbed_uevent(bed, p->syspath, "remove");
    umockdev_testbed_remove_device(bed, p->syspath);
    if (p->can_write) g_source_remove(p->can_write);
    p->can_write = 0;
    if (p->tcp >= 0) shutdown(p->tcp, SHUT_RDWR);
}

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

void pump(Printer *p) {
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

gboolean readable(gint fd, GIOCondition condition, gpointer data) {
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
    if (p->gone_at >= 0 && (long)p->taken >= p->gone_at) {
        finish(p, t, -ENODEV);
        unplug(p);
    } else if (urb_of(t)->type == USBDEVFS_URB_TYPE_CONTROL) {
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

gboolean handle(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer data) {
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

void vanished(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer data) {
    (void)base;
    g_autoptr(GRecMutexLocker) locked = g_rec_mutex_locker_new(&lock);
    Printer *p = data;
    GQueue *queues[] = {&p->waiting, &p->done};
    for (int i = 0; i < 2; i++)
        for (GList *l; (l = g_queue_find_custom(queues[i], c, of_program));) g_queue_delete_link(queues[i], l);
}

