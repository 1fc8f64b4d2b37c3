/* opencv_face.h - the same decision made with OpenCV's DNN module: decode, detect,
 * landmarks twice, align, embed the picture and its mirror image. One thread. A
 * yardstick for face_bench.c, written as OpenCV's own samples would write it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct opencv_face;

struct opencv_face *opencv_face_open(const char *models_folder); /* NULL with a line on standard error */
void opencv_face_close(struct opencv_face *f);
const char *opencv_face_version(void);

struct opencv_times { /* us */
    double decode, detect, landmarks, align, embed;
};
/* The largest face of a picture, embedded to 512 numbers of unit length; *found false when there
 * is none. False when OpenCV threw. */
bool opencv_face_decide(struct opencv_face *f, const uint8_t *jpeg, size_t size, float embedding[512], bool *found,
    struct opencv_times *times);

#ifdef __cplusplus
}
#endif
