/* ort_ops.c - beside ort.c the only file that names ONNX Runtime: its operators that are ours. */
#include "face/ort_ops.h"
#include "base/buf.h"
#include "face/blocked.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { RANK = 4 };

enum ours_kind { OURS_PRELU, OURS_BY_CHANNEL, OURS_POINTWISE, OURS_EXPAND };

struct ours { /* what the runtime hands back to us as its first member */
    OrtCustomOp op;
    const OrtApi *api;
    enum ours_kind kind;
    const char *name;
    size_t n_inputs;
};

struct gw_ort_ops {
    OrtCustomOpDomain *domain;
    const OrtApi *api;
    struct ours ours[5];
};

struct tensor {
    const float *data;
    int64_t dims[RANK];
    size_t rank, n;
};

/* An operator at its place in a graph, with all that does not change from run to run. */
struct op {
    const OrtApi *api;
    enum ours_kind kind;
    const struct gw_blocked_kernel *kernel; /* NULL: the plain layout */
    size_t block, in_channels, channels;
    size_t together;    /* channels a job, at most */
    struct gw_expand e; /* whatever of it the kind uses; what depends on the size of a picture is filled in at each run */
    const float *before; /* slopes: of a PRelu alone, or before a convolution by channel */
};

/* What all jobs of a run have in common; a job is some channels of one picture, and any thread may do it. */
struct work {
    const struct op *op;
    struct gw_expand e;
    const float *in;
    float *out;
    size_t in_size, out_size; /* floats of one picture */
    size_t jobs;              /* a picture */
};

static OrtStatus *wrong(const OrtApi *api, const char *what)
{
    return api->CreateStatus(ORT_INVALID_ARGUMENT, what);
}

static OrtStatus *read_tensor(struct tensor *t, const OrtApi *api, const OrtValue *value)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    void *data = NULL;
    OrtStatus *s = api->GetTensorTypeAndShape(value, &info);
    if (s == NULL)
        s = api->GetDimensionsCount(info, &t->rank);
    if (s == NULL && t->rank > RANK)
        s = wrong(api, "gangway: a tensor of more than four dimensions");
    if (s == NULL)
        s = api->GetDimensions(info, t->dims, t->rank);
    if (s == NULL)
        s = api->GetTensorShapeElementCount(info, &t->n);
    if (s == NULL)
        /* Of an input, and only read. */
        s = api->GetTensorMutableData((OrtValue *)(uintptr_t)value, &data);
    if (info != NULL)
        api->ReleaseTensorTypeAndShapeInfo(info);
    t->data = data;
    return s;
}

/* --- making ------------------------------------------------------------------------- */

static OrtStatus *read_numbers(size_t *out, size_t n, const OrtApi *api, const OrtKernelInfo *info, const char *name,
    int64_t least)
{
    int64_t v[4] = {};
    size_t size = n;
    OrtStatus *s = api->KernelInfoGetAttributeArray_int64(info, name, v, &size);
    if (s == NULL && size != n)
        s = wrong(api, "gangway: an attribute of another length");
    for (size_t i = 0; s == NULL && i < n; i++) {
        if (v[i] < least || v[i] > GW_BY_CHANNEL_SIDE_MAX)
            s = wrong(api, "gangway: a stride, kernel or padding that is too large");
        out[i] = (size_t)v[i];
    }
    return s;
}

static OrtStatus *read_constant(struct tensor *t, const OrtApi *api, const OrtKernelInfo *info, size_t input)
{
    int constant = 0;
    const OrtValue *value = NULL;
    OrtStatus *s = api->KernelInfoGetConstantInput_tensor(info, input, &constant, &value);
    if (s == NULL && (!constant || value == NULL))
        s = wrong(api, "gangway: weights that are computed");
    return s != NULL ? s : read_tensor(t, api, value);
}

/* Channels of the input up to the last one that has a weight: those behind were put there to fill a block. */
static size_t used_channels(const struct tensor *weights, size_t in_channels, size_t block)
{
    size_t used = 1;
    for (size_t i = 0; i < weights->n; i++)
        if (weights->data[i] != 0)
            used = GW_MAX(used, i / block % in_channels + 1);
    return used;
}

/* t: weights, bias, slopes behind. */
static bool take_pointwise(struct op *op, const struct tensor t[3])
{
    op->channels = t[0].rank == RANK ? (size_t)t[0].dims[0] : 0;
    op->in_channels = op->channels > 0 ? t[0].n / op->channels : 0;
    op->e.pointwise = (struct gw_pointwise){ .block = op->block, .in_channels = op->in_channels, .weights = t[0].data,
        .bias = t[1].data, .behind = t[2].data };
    if (op->in_channels == 0 || op->in_channels % op->block != 0)
        return false;
    op->e.pointwise.used = used_channels(&t[0], op->in_channels, op->block);
    return op->channels % op->block == 0 && t[0].n == op->channels * op->in_channels && t[1].n >= op->channels &&
           t[2].n >= op->channels;
}

/* The same, of as many channels as are known already. */
static bool take_by_channel(struct op *op, const struct tensor t[3])
{
    const struct gw_by_channel *c = &op->e.by_channel;
    op->e.weights = t[0].data;
    op->e.bias = t[1].data;
    op->e.behind = t[2].data;
    return op->channels > 0 && op->channels % op->block == 0 && t[0].n == op->channels * c->kernel[0] * c->kernel[1] &&
           t[1].n >= op->channels && t[2].n >= op->channels;
}

static OrtStatus *take_constants(struct op *op, const OrtKernelInfo *info)
{
    static const size_t n[] = { [OURS_PRELU] = 1, [OURS_BY_CHANNEL] = 4, [OURS_POINTWISE] = 3, [OURS_EXPAND] = 6 };
    struct tensor t[6] = {};
    OrtStatus *s = NULL;
    for (size_t i = 0; s == NULL && i < n[op->kind]; i++)
        s = read_constant(&t[i], op->api, info, i + 1);
    if (s != NULL)
        return s;
    bool fits = true;
    switch (op->kind) {
    case OURS_PRELU:
        op->channels = t[0].n;
        op->before = t[0].data;
        break;
    case OURS_BY_CHANNEL:
        op->channels = op->in_channels = t[0].rank == RANK ? (size_t)t[0].dims[0] : 0;
        op->before = t[2].data;
        fits = t[2].n >= op->channels && take_by_channel(op, (const struct tensor[]){ t[0], t[1], t[3] });
        break;
    case OURS_POINTWISE: fits = take_pointwise(op, t); break;
    case OURS_EXPAND: fits = take_pointwise(op, t) && take_by_channel(op, t + 3); break;
    }
    return fits ? NULL : wrong(op->api, "gangway: weights of another size");
}

static OrtStatus *ORT_API_CALL make(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out)
{
    const enum ours_kind kind = ((const struct ours *)self)->kind;
    int64_t block = 0;
    OrtStatus *s = api->KernelInfoGetAttribute_int64(info, "block", &block);
    if (s != NULL)
        return s;
    struct op op = { .api = api, .kind = kind, .block = (size_t)block };
    op.kernel = block > 1 && block <= GW_POINTWISE_CHANNELS ? gw_blocked_best((size_t)block) : NULL;
    if (op.kernel == NULL && (block != 1 || kind != OURS_PRELU))
        return wrong(api, "gangway: no such block");
    op.together = kind == OURS_POINTWISE || kind == OURS_EXPAND ? GW_POINTWISE_CHANNELS / op.block * op.block : op.block;
    op.e.by_channel.block = op.block;
    if (kind == OURS_BY_CHANNEL || kind == OURS_EXPAND) {
        s = read_numbers(op.e.by_channel.kernel, 2, api, info, "kernel_shape", 1);
        if (s == NULL)
            s = read_numbers(op.e.by_channel.stride, 2, api, info, "strides", 1);
        if (s == NULL)
            s = read_numbers(op.e.by_channel.pads, 4, api, info, "pads", 0);
    }
    if (s == NULL)
        s = take_constants(&op, info);
    if (s != NULL)
        return s;
    struct op *copy = gw_alloc(sizeof *copy);
    *copy = op;
    *out = copy;
    return NULL;
}

static void ORT_API_CALL unmake(void *op)
{
    gw_free(op);
}

/* --- running ------------------------------------------------------------------------ */

struct job { /* of a run */
    const float *in;
    float *out;
    size_t picture, first, n; /* channels */
};

static struct job job_of(const struct work *w, size_t i)
{
    const size_t blocks = w->op->channels / w->op->block, at = i % w->jobs;
    struct job j = { .picture = i / w->jobs, .first = at * blocks / w->jobs * w->op->block };
    j.n = (at + 1) * blocks / w->jobs * w->op->block - j.first; /* nearly as many in each */
    j.in = w->in + j.picture * w->in_size;
    j.out = w->out + j.picture * w->out_size;
    return j;
}

static void prelu_job(void *p, size_t i)
{
    const struct work *w = p;
    const struct op *op = w->op;
    const size_t pixels = w->e.pointwise.pixels, at = i * pixels * op->block, channel = i % w->jobs * op->block;
    if (op->kernel == NULL)
        gw_prelu_plain(w->out + at, w->in + at, pixels, op->before[channel]);
    else
        op->kernel->prelu(w->out + at, w->in + at, pixels, op->block, op->before + channel);
}

static void pointwise_job(void *p, size_t i)
{
    const struct work *w = p;
    const struct job j = job_of(w, i);
    struct gw_pointwise one = w->e.pointwise;
    if (one.add != NULL)
        one.add += j.picture * w->out_size;
    w->op->kernel->pointwise(j.out, j.in, &one, j.first, j.n);
}

/* Rows of a face network are some KiB, and to get them from the system and give them back at
 * every job costs a tenth of what is computed on them: so those that fit are on the stack. */
enum { SCRATCH = 16384 };
struct scratch {
    alignas(64) float fixed[SCRATCH];
    float *own; /* NULL: the fixed ones do */
};

static float *scratch_of(struct scratch *s, size_t n)
{
    s->own = NULL;
    if (n <= SCRATCH)
        return s->fixed;
    s->own = gw_alloc_array(n, sizeof *s->own);
    return s->own;
}

static void by_channel_job(void *p, size_t i)
{
    const struct work *w = p;
    const struct job j = job_of(w, i);
    const struct gw_by_channel *c = &w->e.by_channel;
    struct scratch s;
    w->op->kernel->by_channel(j.out + j.first * c->out_height * c->out_width, j.in + j.first * c->height * c->width, c,
        w->e.weights + j.first * c->kernel[0] * c->kernel[1], w->e.bias + j.first, w->op->before + j.first,
        w->e.behind + j.first, scratch_of(&s, gw_by_channel_scratch(c)));
    gw_free(s.own);
}

static void expand_job(void *p, size_t i)
{
    const struct work *w = p;
    const struct job j = job_of(w, i);
    struct scratch s;
    w->op->kernel->expand(j.out, j.in, &w->e, j.first, j.n, scratch_of(&s, gw_expand_scratch(&w->e)));
    gw_free(s.own);
}

/* How many rows and columns come out; false where the kernel is larger than what comes in. */
static bool size_up(struct gw_by_channel *c)
{
    const size_t high = c->pads[0] + c->height + c->pads[2], wide = c->pads[1] + c->width + c->pads[3];
    if (high < c->kernel[0] || wide < c->kernel[1])
        return false;
    c->out_height = (high - c->kernel[0]) / c->stride[0] + 1;
    c->out_width = (wide - c->kernel[1]) / c->stride[1] + 1;
    return true;
}

static OrtStatus *read_input(struct tensor *t, const struct op *op, const OrtKernelContext *context, size_t i)
{
    const OrtValue *value = NULL;
    OrtStatus *s = op->api->KernelContext_GetInput(context, i, &value);
    return s != NULL ? s : read_tensor(t, op->api, value);
}

/* Reads the input, makes the output and does the jobs. */
static OrtStatus *run(const struct op *op, OrtKernelContext *context, void (*job)(void *, size_t), bool add)
{
    static const char other[] = "gangway: a tensor of another shape than the weights are for";
    const OrtApi *api = op->api;
    struct work w = { .op = op, .e = op->e };
    struct gw_by_channel *c = &w.e.by_channel;
    struct tensor x = {}, sum = {};
    OrtValue *value = NULL;
    void *data = NULL;
    OrtStatus *s = read_input(&x, op, context, 0);
    if (s != NULL)
        return s;
    const size_t channels = x.rank == RANK ? (size_t)x.dims[1] : 0;
    /* There may be more slopes than channels. */
    const size_t out_channels = op->kind == OURS_PRELU ? channels : op->channels;
    if (channels == 0 || channels % op->block != 0 || (op->kind == OURS_PRELU ? channels > op->channels : channels != op->in_channels))
        return wrong(api, other);
    c->height = c->out_height = (size_t)x.dims[2];
    c->width = c->out_width = (size_t)x.dims[3];
    w.e.pointwise.pixels = c->height * c->width;
    if ((op->kind == OURS_BY_CHANNEL || op->kind == OURS_EXPAND) && !size_up(c))
        return wrong(api, other);
    const int64_t dims[RANK] = { x.dims[0], (int64_t)out_channels, (int64_t)c->out_height, (int64_t)c->out_width };
    w.in_size = channels * c->height * c->width;
    w.out_size = out_channels * c->out_height * c->out_width;
    if (add)
        s = read_input(&sum, op, context, 4);
    if (s == NULL && add && sum.n != (size_t)x.dims[0] * w.out_size)
        s = wrong(api, other);
    if (s == NULL)
        s = api->KernelContext_GetOutput(context, 0, dims, RANK, &value);
    if (s == NULL)
        s = api->GetTensorMutableData(value, &data);
    if (s != NULL || x.n == 0)
        return s;
    w.in = x.data;
    w.out = data;
    w.e.pointwise.add = sum.data;
    w.jobs = (out_channels + op->together - 1) / op->together;
    return api->KernelContext_ParallelFor(context, job, (size_t)x.dims[0] * w.jobs, 0, &w);
}

static OrtStatus *ORT_API_CALL prelu_run(void *op, OrtKernelContext *context)
{
    return run(op, context, prelu_job, false);
}
static OrtStatus *ORT_API_CALL by_channel_run(void *op, OrtKernelContext *context)
{
    return run(op, context, by_channel_job, false);
}
static OrtStatus *ORT_API_CALL pointwise_run(void *op, OrtKernelContext *context)
{
    return run(op, context, pointwise_job, false);
}
static OrtStatus *ORT_API_CALL pointwise_add_run(void *op, OrtKernelContext *context)
{
    return run(op, context, pointwise_job, true);
}
static OrtStatus *ORT_API_CALL expand_run(void *op, OrtKernelContext *context)
{
    return run(op, context, expand_job, false);
}

/* --- what the runtime asks ------------------------------------------------------------ */

static const char *ORT_API_CALL name(const OrtCustomOp *self)
{
    return ((const struct ours *)self)->name;
}
static size_t ORT_API_CALL inputs(const OrtCustomOp *self)
{
    return ((const struct ours *)self)->n_inputs;
}
static const char *ORT_API_CALL any_processor(const OrtCustomOp *self)
{
    (void)self;
    return NULL;
}
static ONNXTensorElementDataType ORT_API_CALL element(const OrtCustomOp *self, size_t i)
{
    (void)self, (void)i;
    return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}
static size_t ORT_API_CALL one(const OrtCustomOp *self)
{
    (void)self;
    return 1;
}
static OrtCustomOpInputOutputCharacteristic ORT_API_CALL required(const OrtCustomOp *self, size_t i)
{
    (void)self, (void)i;
    return INPUT_OUTPUT_REQUIRED;
}
static OrtMemType ORT_API_CALL ordinary(const OrtCustomOp *self, size_t i)
{
    (void)self, (void)i;
    return OrtMemTypeDefault;
}
static int ORT_API_CALL version_1(const OrtCustomOp *self)
{
    (void)self;
    return 1;
}

/* The output may lie where an input does: that of a PRelu, and what is added to a 1x1 convolution. */
static size_t in_place(int **in, int **out, int which)
{
    *in = gw_alloc(sizeof **in);
    *out = gw_alloc(sizeof **out);
    **in = which;
    **out = 0;
    return 1;
}
static size_t ORT_API_CALL prelu_in_place(int **in, int **out)
{
    return in_place(in, out, 0);
}
static size_t ORT_API_CALL add_in_place(int **in, int **out)
{
    return in_place(in, out, 4);
}
static void ORT_API_CALL in_place_done(int *in, int *out)
{
    gw_free(in);
    gw_free(out);
}

/* --- shapes: without them the runtime would not reuse memory ----------------------------- */

/* *known is false where a dimension is not. */
static OrtStatus *shape_in(int64_t dims[RANK], bool *known, const OrtApi *api, OrtShapeInferContext *context, size_t input)
{
    OrtTensorTypeAndShapeInfo *info = NULL; /* the context's */
    size_t rank = 0;
    *known = false;
    OrtStatus *s = api->ShapeInferContext_GetInputTypeShape(context, input, &info);
    if (s == NULL)
        s = api->GetDimensionsCount(info, &rank);
    if (s != NULL || rank != RANK)
        return s;
    s = api->GetDimensions(info, dims, RANK);
    *known = s == NULL;
    for (size_t i = 0; i < RANK; i++)
        *known = *known && dims[i] > 0;
    return s;
}

static OrtStatus *shape_out(const int64_t dims[RANK], const OrtApi *api, OrtShapeInferContext *context)
{
    OrtTensorTypeAndShapeInfo *info = NULL;
    OrtStatus *s = api->CreateTensorTypeAndShapeInfo(&info);
    if (s == NULL)
        s = api->SetTensorElementType(info, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
    if (s == NULL)
        s = api->SetDimensions(info, dims, RANK);
    if (s == NULL)
        s = api->ShapeInferContext_SetOutputTypeShape(context, 0, info);
    if (info != NULL)
        api->ReleaseTensorTypeAndShapeInfo(info);
    return s;
}

static OrtStatus *attribute(int64_t *out, size_t n, const OrtApi *api, OrtShapeInferContext *context, const char *name)
{
    const OrtOpAttr *attr = NULL;
    size_t bytes = 0;
    OrtStatus *s = api->ShapeInferContext_GetAttribute(context, name, &attr);
    return s != NULL ? s : api->ReadOpAttr(attr, ORT_OP_ATTR_INTS, out, n * sizeof *out, &bytes);
}

/* The rows and columns that come out. */
static OrtStatus *walk(int64_t dims[RANK], bool *known, const OrtApi *api, OrtShapeInferContext *context)
{
    int64_t kernel[2] = {}, strides[2] = {}, pads[4] = {};
    OrtStatus *s = attribute(kernel, 2, api, context, "kernel_shape");
    if (s == NULL)
        s = attribute(strides, 2, api, context, "strides");
    if (s == NULL)
        s = attribute(pads, 4, api, context, "pads");
    for (size_t i = 0; s == NULL && i < 2; i++) {
        const int64_t room = dims[2 + i] + pads[i] + pads[2 + i] - kernel[i];
        *known = *known && room >= 0 && strides[i] >= 1; /* said when it runs */
        dims[2 + i] = *known ? room / strides[i] + 1 : 0;
    }
    return s;
}

static OrtStatus *ORT_API_CALL shape(const OrtCustomOp *self, OrtShapeInferContext *context)
{
    const struct ours *o = (const struct ours *)self;
    int64_t dims[RANK] = {}, weights[RANK] = {};
    bool known, known_too = true;
    OrtStatus *s = shape_in(dims, &known, o->api, context, 0);
    if (s == NULL && (o->kind == OURS_POINTWISE || o->kind == OURS_EXPAND)) {
        s = shape_in(weights, &known_too, o->api, context, 1);
        dims[1] = weights[0];
    }
    known = known && known_too;
    if (s == NULL && known && (o->kind == OURS_BY_CHANNEL || o->kind == OURS_EXPAND))
        s = walk(dims, &known, o->api, context);
    return s != NULL || !known ? s : shape_out(dims, o->api, context);
}

/* --- the domain ----------------------------------------------------------------------- */

static struct ours ours(const OrtApi *api, enum ours_kind kind, const char *what, size_t n_inputs,
    OrtStatus *(ORT_API_CALL *compute)(void *, OrtKernelContext *))
{
    return (struct ours){ .api = api, .kind = kind, .name = what, .n_inputs = n_inputs,
        .op = { .version = GW_ORT_API, .GetName = name, .GetExecutionProviderType = any_processor, .GetInputType = element,
            .GetInputTypeCount = inputs, .GetOutputType = element, .GetOutputTypeCount = one,
            .GetInputCharacteristic = required, .GetOutputCharacteristic = required, .GetInputMemoryType = ordinary,
            .CreateKernelV2 = make, .KernelComputeV2 = compute, .KernelDestroy = unmake, .InferOutputShapeFn = shape,
            .GetStartVersion = version_1, .GetEndVersion = version_1 } };
}

OrtStatus *gw_ort_ops_new(struct gw_ort_ops **out, const OrtApi *api)
{
    struct gw_ort_ops *ops = *out = gw_alloc(sizeof *ops);
    ops->api = api;
    struct ours *o = ops->ours;
    o[0] = ours(api, OURS_PRELU, GW_BLOCKED_PRELU, 2, prelu_run);
    o[1] = ours(api, OURS_BY_CHANNEL, GW_BLOCKED_BY_CHANNEL, 5, by_channel_run);
    o[2] = ours(api, OURS_POINTWISE, GW_BLOCKED_POINTWISE, 4, pointwise_run);
    o[3] = ours(api, OURS_POINTWISE, GW_BLOCKED_POINTWISE_ADD, 5, pointwise_add_run);
    o[4] = ours(api, OURS_EXPAND, GW_BLOCKED_EXPAND, 7, expand_run);
    o[0].op.GetMayInplace = prelu_in_place;
    o[3].op.GetMayInplace = add_in_place;
    o[0].op.ReleaseMayInplace = o[3].op.ReleaseMayInplace = in_place_done;
    OrtStatus *s = api->CreateCustomOpDomain(GW_BLOCKED_DOMAIN, &ops->domain);
    for (size_t i = 0; s == NULL && i < GW_COUNT(ops->ours); i++)
        s = api->CustomOpDomain_Add(ops->domain, &o[i].op);
    return s;
}

OrtStatus *gw_ort_ops_use(const struct gw_ort_ops *ops, OrtSessionOptions *options)
{
    return ops->api->AddCustomOpDomain(options, ops->domain);
}

void gw_ort_ops_free(struct gw_ort_ops *ops)
{
    if (ops != NULL && ops->domain != NULL)
        ops->api->ReleaseCustomOpDomain(ops->domain);
    gw_free(ops);
}
