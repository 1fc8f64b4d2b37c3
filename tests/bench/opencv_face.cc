// opencv_face.cc - see opencv_face.h.
#include "opencv_face.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <opencv2/calib3d.hpp>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

struct opencv_face {
    cv::dnn::Net detect, landmark, feature;
};

namespace {

double now_us()
{
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A square crop that may reach outside, turned; black there.
cv::Mat square(const cv::Mat &picture, cv::Point2f centre, float side, double turn, int size)
{
    cv::Mat m = cv::getRotationMatrix2D(centre, turn * 180 / CV_PI, size / side);
    m.at<double>(0, 2) += size / 2.0 - centre.x;
    m.at<double>(1, 2) += size / 2.0 - centre.y;
    cv::Mat out;
    cv::warpAffine(picture, out, m, cv::Size(size, size), cv::INTER_LINEAR);
    return out;
}

std::vector<cv::Point2f> look(cv::dnn::Net &net, const cv::Mat &grey, cv::Point2f centre, float side, double turn)
{
    net.setInput(cv::dnn::blobFromImage(square(grey, centre, side, turn, 64), 1 / 256.0));
    cv::Mat out = net.forward();
    std::vector<cv::Point2f> marks(68);
    const float c = float(std::cos(turn)), s = float(std::sin(turn));
    for (int i = 0; i < 68; i++) {
        const float u = (out.at<float>(0, 2 * i) - 0.5f) * side, v = (out.at<float>(0, 2 * i + 1) - 0.5f) * side;
        marks[i] = centre + cv::Point2f(c * u - s * v, s * u + c * v);
    }
    return marks;
}

cv::Point2f mean(const std::vector<cv::Point2f> &marks, std::initializer_list<int> which)
{
    cv::Point2f sum(0, 0);
    for (int i : which)
        sum += marks[size_t(i)];
    return sum / float(which.size());
}

std::vector<cv::Point2f> five(const std::vector<cv::Point2f> &m)
{
    return { mean(m, { 37, 38, 40, 41 }), mean(m, { 43, 44, 46, 47 }), m[30], mean(m, { 48, 60 }), mean(m, { 54, 64 }) };
}

}

extern "C" const char *opencv_face_version(void)
{
    return CV_VERSION;
}

extern "C" struct opencv_face *opencv_face_open(const char *folder)
{
    try {
        cv::setNumThreads(1);
        auto *f = new opencv_face;
        const std::string at = folder;
        f->detect = cv::dnn::readNetFromONNX(at + "/fr_detect.onnx");
        f->landmark = cv::dnn::readNetFromONNX(at + "/fr_landmark.onnx");
        f->feature = cv::dnn::readNetFromONNX(at + "/fr_feature.onnx");
        for (cv::dnn::Net *n : { &f->detect, &f->landmark, &f->feature }) {
            n->setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
            n->setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
        }
        return f;
    } catch (const cv::Exception &e) {
        std::fprintf(stderr, "OpenCV: %s\n", e.what());
        return nullptr;
    }
}

extern "C" void opencv_face_close(struct opencv_face *f)
{
    delete f;
}

extern "C" bool opencv_face_decide(struct opencv_face *f, const uint8_t *jpeg, size_t size, float embedding[512],
    bool *found, struct opencv_times *times)
try {
    double t[6];
    *found = false;
    t[0] = now_us();
    const cv::Mat picture = cv::imdecode(cv::Mat(1, int(size), CV_8U, const_cast<uint8_t *>(jpeg)), cv::IMREAD_COLOR);
    t[1] = now_us();

    // Into the corner of 320x240, the rest grey.
    const double scale = std::min(320.0 / picture.cols, 240.0 / picture.rows);
    cv::Mat canvas(240, 320, CV_8UC3, cv::Scalar::all(127)), part;
    cv::resize(picture, part, cv::Size(int(std::lround(picture.cols * scale)), int(std::lround(picture.rows * scale))), 0, 0, cv::INTER_AREA);
    part.copyTo(canvas(cv::Rect(0, 0, part.cols, part.rows)));
    f->detect.setInput(cv::dnn::blobFromImage(canvas, 1 / 128.0, cv::Size(), cv::Scalar::all(127), true));
    std::vector<cv::Mat> out;
    f->detect.forward(out, std::vector<cv::String>{ "scores", "boxes" });
    const float *scores = out[0].ptr<float>(), *boxes = out[1].ptr<float>();
    std::vector<cv::Rect2d> rects;
    std::vector<float> confidences;
    for (size_t i = 0; i < out[0].total() / 2; i++)
        if (scores[2 * i + 1] >= 0.5f) {
            const float *b = boxes + 4 * i;
            rects.emplace_back(b[0] * 320 / scale, b[1] * 240 / scale, (b[2] - b[0]) * 320 / scale, (b[3] - b[1]) * 240 / scale);
            confidences.push_back(scores[2 * i + 1]);
        }
    std::vector<int> kept;
    cv::dnn::NMSBoxes(rects, confidences, 0.5f, 0.3f, kept);
    t[2] = now_us();
    if (kept.empty())
        return true;
    cv::Rect2d face;
    for (int i : kept)
        if (rects[size_t(i)].area() > face.area())
            face = rects[size_t(i)];

    cv::Mat grey;
    cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
    auto marks = look(f->landmark, grey, cv::Point2f(float(face.x + face.width / 2), float(face.y + face.height / 2)),
        float(std::max(face.width, face.height)), 0);
    auto points = five(marks);
    const double turn = std::atan2(points[1].y - points[0].y, points[1].x - points[0].x);
    const cv::RotatedRect around = [&] {
        std::vector<cv::Point2f> upright;
        cv::transform(marks, upright, cv::Matx22f(float(std::cos(turn)), float(std::sin(turn)), float(-std::sin(turn)), float(std::cos(turn))));
        const cv::Rect2f r = cv::boundingRect(upright);
        const cv::Point2f c(r.x + r.width / 2, r.y + r.height / 2);
        return cv::RotatedRect(cv::Point2f(float(std::cos(turn)) * c.x - float(std::sin(turn)) * c.y,
                                   float(std::sin(turn)) * c.x + float(std::cos(turn)) * c.y),
            r.size(), 0);
    }();
    points = five(look(f->landmark, grey, around.center, 1.1f * std::max(around.size.width, around.size.height), turn));
    t[3] = now_us();

    static const std::vector<cv::Point2f> to = { { 38.2946f, 51.6963f }, { 73.5318f, 51.5014f }, { 56.0252f, 71.7366f },
        { 41.5493f, 92.3655f }, { 70.7299f, 92.2041f } };
    const cv::Mat m = cv::estimateAffinePartial2D(points, to, cv::noArray(), cv::LMEDS);
    if (m.empty())
        return true;
    cv::Mat aligned, mirrored;
    cv::warpAffine(picture, aligned, m, cv::Size(112, 112));
    cv::flip(aligned, mirrored, 1);
    t[4] = now_us();
    cv::Mat sum = cv::Mat::zeros(1, 512, CV_32F);
    for (const cv::Mat &x : { aligned, mirrored }) {
        f->feature.setInput(cv::dnn::blobFromImage(x, 1 / 128.0, cv::Size(), cv::Scalar::all(127.5), false));
        sum += f->feature.forward().reshape(1, 1);
    }
    cv::normalize(sum, sum);
    std::copy(sum.ptr<float>(), sum.ptr<float>() + 512, embedding);
    t[5] = now_us();
    *found = true;
    *times = { t[1] - t[0], t[2] - t[1], t[3] - t[2], t[4] - t[3], t[5] - t[4] };
    return true;
} catch (const cv::Exception &e) {
    std::fprintf(stderr, "OpenCV: %s\n", e.what());
    return false;
}
