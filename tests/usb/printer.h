/* A printer on the simulated bus, shared by its two halves: calls.c moves the bytes, usbsim.c obeys the test. */
#pragma once
#include <glib.h>
#include <stdio.h>
#include <umockdev.h>

#define PACKET 64 /* full speed, so that a ticket is many packets */
#define OUT_END 0x01
#define IN_END 0x82

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

/* umockdev calls the handlers on a thread of its own. */
extern GRecMutex lock;

/* The bus that printers are taken from. */
extern UMockdevTestbed *bed;

/* Handlers of umockdev's signals; the data is the printer. */
gboolean handle(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer data);
void vanished(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer data);

/* What the printer behind the cable says. */
gboolean readable(gint fd, GIOCondition condition, gpointer data);

/* Moves every transfer as far as it goes now. */
void pump(Printer *p);

void unplug(Printer *p);
