/* camera_test.c - cameras as drivers describe them: one that says everything, nodes that take no
 * pictures, one that may not be opened. The devices are files; a function answers for them. */
#include "cli/camera.h"
#include "tests/check.h"
#include "tests/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file holds the name of the driver it stands for. */
static const struct driver {
    const char *name;
    uint32_t capabilities, device_caps;
    struct v4l2_frmsizeenum sizes[3];
} drivers[] = {
    { "webcam", V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_DEVICE_CAPS, V4L2_CAP_VIDEO_CAPTURE,
        { { .type = V4L2_FRMSIZE_TYPE_DISCRETE, .discrete = { 640, 480 } },
            { .type = V4L2_FRMSIZE_TYPE_DISCRETE, .discrete = { 1920, 1080 } },
            { .type = V4L2_FRMSIZE_TYPE_DISCRETE, .discrete = { 1280, 720 } } } },
    { "its metadata", V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_DEVICE_CAPS, V4L2_CAP_META_CAPTURE, {} },
    { "sensor", V4L2_CAP_VIDEO_CAPTURE_MPLANE, 0,
        { { .type = V4L2_FRMSIZE_TYPE_STEPWISE, .stepwise = { .max_width = 3280, .max_height = 2464 } } } },
    { "says no size and has a name of exactly 32", V4L2_CAP_VIDEO_CAPTURE, 0, {} },
    { "screen", V4L2_CAP_VIDEO_OUTPUT, 0, {} },
};

static int answer(int fd, unsigned long what, void *to)
{
    char name[64] = {};
    const struct driver *d = NULL;
    if (pread(fd, name, sizeof name - 1, 0) > 0)
        for (size_t i = 0; i < GW_COUNT(drivers); i++)
            d = strcmp(drivers[i].name, name) == 0 ? &drivers[i] : d;
    errno = ENOTTY;
    if (d == NULL)
        return -1;
    if (what == VIDIOC_QUERYCAP) {
        struct v4l2_capability *c = to;
        memcpy(c->card, d->name, GW_MIN(strlen(d->name), sizeof c->card));
        c->capabilities = d->capabilities, c->device_caps = d->device_caps;
        return 0;
    }
    if (what == VIDIOC_ENUM_FMT) {
        struct v4l2_fmtdesc *f = to;
        CHECK(f->type == (d->capabilities & V4L2_CAP_VIDEO_CAPTURE_MPLANE ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE));
        return f->index < 2 ? 0 : -1;
    }
    if (what == VIDIOC_ENUM_FRAMESIZES) {
        struct v4l2_frmsizeenum *s = to;
        uint32_t i = s->index;
        if (i >= GW_COUNT(d->sizes) || d->sizes[i].type == 0)
            return -1;
        *s = d->sizes[i];
        s->index = i;
        return 0;
    }
    return -1;
}

static char folder[TEST_FOLDER];

static void put(unsigned node, const char *driver, mode_t mode)
{
    char path[TEST_FOLDER + 16];
    snprintf(path, sizeof path, "%s/video%u", folder, node);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0 && write(fd, driver, strlen(driver)) == (ssize_t)strlen(driver) && fchmod(fd, mode) == 0);
    close(fd);
}

static void none(void **state)
{
    (void)state;
    struct gw_camera c[4];
    CHECK_INT(gw_camera_list(c, 4, folder, gw_camera_ask), 0);
    CHECK_INT(gw_camera_list(c, 4, "/nowhere", gw_camera_ask), 0);
    put(0, "a file is no camera", 0600);
    CHECK_INT(gw_camera_list(c, 4, folder, gw_camera_ask), 0);
    CHECK_INT(gw_camera_list(c, 4, folder, answer), 0);
}

static void several(void **state)
{
    (void)state;
    struct gw_camera c[4];
    put(0, "webcam", 0600);
    put(1, "its metadata", 0600);
    put(7, "sensor", 0600);
    put(8, "screen", 0600);
    put(63, "says no size and has a name of exactly 32", 0600);
    put(64, "webcam", 0600); /* beyond what is looked at */
    CHECK_INT(gw_camera_list(c, 4, folder, answer), 3);
    CHECK_TEXT(c[0].name, "webcam");
    CHECK(strstr(c[0].path, "/video0") != NULL);
    CHECK_INT(c[0].width, 1920);
    CHECK_INT(c[0].height, 1080);
    CHECK_INT(c[1].width, 3280);
    CHECK_INT(c[1].height, 2464);
    CHECK_INT(strlen(c[2].name), 32);
    CHECK_INT(c[2].width, 0);
    CHECK_INT(gw_camera_list(c, 2, folder, answer), 2);
}

static void denied(void **state)
{
    (void)state;
    struct gw_camera c[4];
    if (geteuid() == 0) {
        print_message("left out: root may open everything\n");
        skip();
    }
    put(0, "webcam", 0);
    CHECK_INT(gw_camera_list(c, 1, folder, answer), 1);
    CHECK(c[0].denied);
}

int main(void)
{
    test_folder_make(folder);
    check_add("cameras", "there may be none, and a file is none", none);
    check_add("cameras", "those that take pictures, with their largest", several);
    check_add("cameras", "one that may not be opened is known to be there", denied);
    const int status = check_done();
    test_folder_drop(folder);
    return status;
}
