/* camera.h - the cameras of this machine, for `gangway doctor`. The service itself opens
 * none: a gate's page uses those of the machine that shows it, often this one. */
#pragma once
#include "base/defs.h"

struct gw_camera {
    char path[32], name[33];
    uint32_t width, height; /* the largest picture it gives; 0: it does not say */
    bool denied;            /* this user may not open it: nothing else is known of it */
};
/* What takes pictures among FOLDER/video0 to video63, /dev for the machine's own. Many drivers
 * have further nodes that take none: they are left out. ask: ioctl, or a test's. Never fails: a
 * machine without cameras has none. */
size_t gw_camera_list(struct gw_camera *out, size_t max, const char *folder, int (*ask)(int fd, unsigned long what, void *answer));
/* ioctl(2) under a name that has a plain type. */
int gw_camera_ask(int fd, unsigned long what, void *answer);
