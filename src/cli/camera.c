/* camera.c - asks Video4Linux what cameras there are. */
#include "cli/camera.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NODES = 64, FORMATS = 32, SIZES = 64 }; /* of a driver that never says "that was all" */

int gw_camera_ask(int fd, unsigned long what, void *answer)
{
    return ioctl(fd, what, answer);
}

static void largest_size(struct gw_camera *c, int fd, uint32_t type, int (*ask)(int, unsigned long, void *))
{
    for (uint32_t f = 0; f < FORMATS; f++) {
        struct v4l2_fmtdesc format = { .index = f, .type = type };
        if (ask(fd, VIDIOC_ENUM_FMT, &format) != 0)
            return;
        for (uint32_t s = 0; s < SIZES; s++) {
            struct v4l2_frmsizeenum size = { .index = s, .pixel_format = format.pixelformat };
            if (ask(fd, VIDIOC_ENUM_FRAMESIZES, &size) != 0)
                break;
            bool is_one = size.type == V4L2_FRMSIZE_TYPE_DISCRETE;
            uint32_t width = is_one ? size.discrete.width : size.stepwise.max_width;
            uint32_t height = is_one ? size.discrete.height : size.stepwise.max_height;
            if ((uint64_t)width * height > (uint64_t)c->width * c->height)
                c->width = width, c->height = height;
            if (!is_one) /* one answer stands for all sizes */
                break;
        }
    }
}

static bool look(struct gw_camera *c, int (*ask)(int, unsigned long, void *))
{
    int fd = open(c->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return c->denied = errno == EACCES || errno == EPERM;
    struct v4l2_capability can = {};
    bool takes = ask(fd, VIDIOC_QUERYCAP, &can) == 0;
    uint32_t caps = (can.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? can.device_caps : can.capabilities;
    bool planes = (caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0;
    takes = takes && (planes || (caps & V4L2_CAP_VIDEO_CAPTURE) != 0);
    if (takes) {
        snprintf(c->name, sizeof c->name, "%.32s", (const char *)can.card);
        largest_size(c, fd, planes ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE, ask);
    }
    close(fd);
    return takes;
}

size_t gw_camera_list(struct gw_camera *out, size_t max, const char *folder, int (*ask)(int fd, unsigned long what, void *answer))
{
    size_t n = 0;
    for (unsigned i = 0; i < NODES && n < max; i++) {
        struct gw_camera c = {};
        if ((size_t)snprintf(c.path, sizeof c.path, "%s/video%u", folder, i) < sizeof c.path && look(&c, ask))
            out[n++] = c;
    }
    return n;
}
