/* ort.c - the only file that names ONNX Runtime. Statuses become errors here. */
#include "face/ort.h"
#include "face/ort_ops.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/place.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <onnxruntime_c_api.h>

struct gw_ort {
    const OrtApi *api;
    const char *version;
    OrtEnv *env;
    OrtMemoryInfo *memory;
    struct gw_ort_ops *ops;
};

struct gw_net {
    const OrtApi *api;
    const OrtMemoryInfo *memory;
    OrtSession *session;
    const char *label;
    char *input_name, *output_names[GW_NET_OUTPUTS];
    struct gw_shape input_shape, output_shapes[GW_NET_OUTPUTS];
    size_t n_outputs;
    OrtValue *first[GW_NET_OUTPUTS];
};

/* True if the call worked; else the runtime's own words, shortened to one line. */
static bool worked(const OrtApi *api, OrtStatus *status, const char *label, enum gw_err_code code, struct gw_err *err)
{
    if (status == NULL)
        return true;
    char text[160];
    strncpy(text, api->GetErrorMessage(status), sizeof text - 1);
    text[sizeof text - 1] = 0;
    text[strcspn(text, "\r\n")] = 0;
    api->ReleaseStatus(status);
    return gw_fail(err, code, "%s: ONNX Runtime: %s", label, text);
}

/* What it would print comes back as a status too. */
static void ORT_API_CALL be_silent(void *param, OrtLoggingLevel severity, const char *category, const char *id,
    const char *location, const char *message)
{
    (void)param, (void)severity, (void)category, (void)id, (void)location, (void)message;
}

static void *load(const char *path, struct gw_err *err)
{
    /* NODELETE: it registers thread-local destructors, so it cannot be unloaded. */
    const int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
    if (path != NULL && path[0] != 0) {
        void *library = dlopen(path, flags);
        return library != NULL ? library
                               : gw_fail_null(err, GW_ERR_UNAVAILABLE, "ONNX Runtime cannot be loaded from runtime.path: %.110s; "
                                     "set it to the library file, or leave it empty to have it looked for", dlerror());
    }
    GW_AUTO_VALUE(gw_buf) found = {};
    if (gw_place_find(&found, "vendor/onnxruntime/lib/libonnxruntime.so.1", "lib/gangway/libonnxruntime.so.1")) {
        void *library = dlopen(gw_buf_text(&found), flags);
        return library != NULL ? library
                               : gw_fail_null(err, GW_ERR_UNAVAILABLE, "ONNX Runtime cannot be loaded: %.180s", dlerror());
    }
    static const char *const names[] = { "libonnxruntime.so.1", "libonnxruntime.so.1.21", "libonnxruntime.so" };
    for (size_t i = 0; i < GW_COUNT(names); i++) {
        void *library = dlopen(names[i], flags);
        if (library != NULL)
            return library;
    }
    return gw_fail_null(err, GW_ERR_UNAVAILABLE,
        "ONNX Runtime is not here: run tools/setup, install libonnxruntime1.21, or set runtime.path to its library file");
}

struct gw_ort *gw_ort_open(const char *path, struct gw_err *err)
{
    /* The runtime of 1.30 writes a number for this device and what it did into a database in HOME, and sends that to its
     * maker, from its first call on: DisableTelemetryEvents comes too late. What it finds here when it is loaded keeps it from that. */
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    void *library = load(path, err);
    if (library == NULL)
        return NULL;
    const OrtApiBase *(ORT_API_CALL *get_base)(void) = NULL;
    *(void **)&get_base = dlsym(library, "OrtGetApiBase");
    if (get_base == NULL)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "the library given as ONNX Runtime is another one: it has no OrtGetApiBase");
    const OrtApiBase *base = get_base();
    const OrtApi *api = base->GetApi(GW_ORT_API);
    if (api == NULL)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "ONNX Runtime %.20s is too old: 1.%d or later is needed",
            base->GetVersionString(), GW_ORT_API);
    GW_AUTO(gw_ort) *rt = gw_alloc(sizeof *rt);
    rt->api = api;
    rt->version = base->GetVersionString();
    if (!worked(api, api->CreateEnvWithCustomLogger(be_silent, NULL, ORT_LOGGING_LEVEL_FATAL, "gangway", &rt->env),
            "start", GW_ERR_UNAVAILABLE, err) ||
        !worked(api, api->DisableTelemetryEvents(rt->env), "start", GW_ERR_UNAVAILABLE, err) ||
        !worked(api, api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &rt->memory), "start",
            GW_ERR_UNAVAILABLE, err) ||
        !worked(api, gw_ort_ops_new(&rt->ops, api), "start", GW_ERR_UNAVAILABLE, err))
        return NULL;
    return gw_take(rt);
}

/* Debian 13's runtime brings a second copy of ONNX's schemas and says so when its first
 * session starts, in hundreds of lines on standard error. Those lines are held back; anything
 * else it wrote is passed on. Called before there are threads that log. */
struct hush {
    int kept, held;
};

static struct hush hush_begin(void)
{
    struct hush h = { .kept = -1, .held = memfd_create("gangway-start", MFD_CLOEXEC) };
    fflush(stderr);
    if (h.held >= 0)
        h.kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (h.kept >= 0)
        dup2(h.held, STDERR_FILENO);
    return h;
}

static void hush_end(struct hush h)
{
    if (h.kept >= 0) {
        fflush(stderr);
        dup2(h.kept, STDERR_FILENO);
        close(h.kept);
    }
    FILE *in = h.kept >= 0 && lseek(h.held, 0, SEEK_SET) == 0 ? fdopen(h.held, "r") : NULL;
    char *line = NULL;
    size_t size = 0;
    while (in != NULL && getline(&line, &size, in) > 0)
        if (line[0] != '\n' && strncmp(line, "Schema error: Trying to register schema", 39) != 0)
            fputs(line, stderr);
    free(line);
    if (in != NULL)
        fclose(in);
    else if (h.held >= 0)
        close(h.held);
}

void gw_ort_close(struct gw_ort *rt)
{
    if (rt == NULL)
        return;
    if (rt->memory != NULL)
        rt->api->ReleaseMemoryInfo(rt->memory);
    gw_ort_ops_free(rt->ops);
    if (rt->env != NULL)
        rt->api->ReleaseEnv(rt->env);
    gw_free(rt);
}

const char *gw_ort_version(const struct gw_ort *rt)
{
    return rt->version;
}

size_t gw_shape_count(const struct gw_shape *s)
{
    size_t n = 1;
    for (size_t i = 0; i < s->rank; i++)
        n *= (size_t)s->dims[i];
    return n;
}

/* --- sessions ----------------------------------------------------------------------- */

/* What a session is opened for. */
enum purpose {
    TO_RUN,     /* a model as files have it: the runtime optimizes it */
    TO_RUN_OURS /* one that went through that and has operators of ours since */,
    TO_WRITE    /* to have it optimized and written down */
};

static bool configure(struct gw_ort *rt, OrtSessionOptions *options, enum purpose purpose, unsigned threads,
    const char *label, struct gw_err *err)
{
    const OrtApi *api = rt->api;
    const enum gw_err_code code = GW_ERR_INTERNAL;
    return worked(api, api->SetIntraOpNumThreads(options, (int)threads), label, code, err) &&
           worked(api, api->SetInterOpNumThreads(options, 1), label, code, err) &&
           worked(api, api->SetSessionExecutionMode(options, ORT_SEQUENTIAL), label, code, err) &&
           worked(api, api->SetSessionGraphOptimizationLevel(options, purpose == TO_RUN_OURS ? ORT_DISABLE_ALL : ORT_ENABLE_ALL),
               label, code, err) &&
           (purpose != TO_RUN_OURS || worked(api, gw_ort_ops_use(rt->ops, options), label, code, err)) &&
           /* A waiting worker that spins takes the core from another picture. */
           worked(api, api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"), label, code, err);
}

/* path: where it is written down, else NULL. */
static OrtSession *open_session(struct gw_ort *rt, struct gw_span onnx, enum purpose purpose, const char *path,
    const char *label, unsigned threads, struct gw_err *err)
{
    const OrtApi *api = rt->api;
    OrtSession *session = NULL;
    OrtSessionOptions *options = NULL;
    struct hush h = hush_begin();
    const bool ok = worked(api, api->CreateSessionOptions(&options), label, GW_ERR_INTERNAL, err) &&
                    configure(rt, options, purpose, threads, label, err) &&
                    (path == NULL || worked(api, api->SetOptimizedModelFilePath(options, path), label, GW_ERR_INTERNAL, err)) &&
                    worked(api, api->CreateSessionFromArray(rt->env, onnx.data, onnx.size, options, &session), label,
                        GW_ERR_CORRUPT, err);
    hush_end(h);
    if (options != NULL)
        api->ReleaseSessionOptions(options);
    return ok ? session : NULL;
}

static struct gw_net *open_net(struct gw_ort *rt, struct gw_span onnx, enum purpose purpose, const char *label,
    unsigned threads, struct gw_err *err)
{
    GW_AUTO(gw_net) *net = gw_alloc(sizeof *net);
    net->api = rt->api;
    net->memory = rt->memory;
    net->label = label;
    net->session = open_session(rt, onnx, purpose, NULL, label, threads, err);
    return net->session == NULL ? NULL : gw_take(net);
}

struct gw_net *gw_net_open(struct gw_ort *rt, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err)
{
    return open_net(rt, onnx, TO_RUN, label, threads, err);
}

struct gw_net *gw_net_open_blocked(struct gw_ort *rt, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err)
{
    return open_net(rt, onnx, TO_RUN_OURS, label, threads, err);
}

bool gw_net_optimized(struct gw_buf *out, struct gw_ort *rt, struct gw_span onnx, const char *label, struct gw_err *err)
{
    /* The runtime wants a path. A file that has a name for this process alone needs no folder that
     * can be written, and nobody else can put another model there. */
    char path[40];
    const int fd = memfd_create("gangway-network", MFD_CLOEXEC);
    if (fd < 0)
        return gw_fail(err, GW_ERR_INTERNAL, "%s: no memory for the optimized network", label);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    OrtSession *session = open_session(rt, onnx, TO_WRITE, path, label, 1, err);
    const bool ok = session != NULL && gw_buf_read_file(out, path, GW_NET_BYTES_MAX, err);
    if (session != NULL)
        rt->api->ReleaseSession(session);
    close(fd);
    return ok;
}

void gw_net_close(struct gw_net *net)
{
    if (net == NULL)
        return;
    gw_net_forget(net);
    gw_free(net->input_name);
    for (size_t i = 0; i < net->n_outputs; i++)
        gw_free(net->output_names[i]);
    if (net->session != NULL)
        net->api->ReleaseSession(net->session);
    gw_free(net);
}

static void format_shape(struct gw_buf *out, const struct gw_shape *s)
{
    for (size_t i = 0; i < s->rank; i++)
        if (s->dims[i] < 0)
            gw_buf_addf(out, "%s?", i == 0 ? "" : "x");
        else
            gw_buf_addf(out, "%s%lld", i == 0 ? "" : "x", (long long)s->dims[i]);
}

/* The declared type of input or output number i. */
static bool read_type(const struct gw_net *net, bool input, size_t i, struct gw_shape *shape, bool *is_float,
    struct gw_err *err)
{
    const OrtApi *api = net->api;
    OrtTypeInfo *type = NULL;
    const OrtTensorTypeAndShapeInfo *tensor = NULL;
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    *shape = (struct gw_shape){};
    bool ok = worked(api,
        input ? api->SessionGetInputTypeInfo(net->session, i, &type) : api->SessionGetOutputTypeInfo(net->session, i, &type),
        net->label, GW_ERR_INTERNAL, err);
    ok = ok && worked(api, api->CastTypeInfoToTensorInfo(type, &tensor), net->label, GW_ERR_INTERNAL, err);
    if (ok && tensor != NULL)
        ok = worked(api, api->GetTensorElementType(tensor, &element), net->label, GW_ERR_INTERNAL, err) &&
             worked(api, api->GetDimensionsCount(tensor, &shape->rank), net->label, GW_ERR_INTERNAL, err);
    if (ok && shape->rank > GW_NET_RANK)
        ok = gw_fail(err, GW_ERR_INVALID, "%s: a tensor with %zu dimensions; at most %d are understood", net->label,
            shape->rank, GW_NET_RANK);
    if (ok && tensor != NULL)
        ok = worked(api, api->GetDimensions(tensor, shape->dims, shape->rank), net->label, GW_ERR_INTERNAL, err);
    if (type != NULL)
        api->ReleaseTypeInfo(type);
    *is_float = element == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    return ok;
}

/* Finds the input or output of that name; the error lists those there are. */
static bool find(const struct gw_net *net, bool input, const char *name, size_t *index, struct gw_err *err)
{
    const OrtApi *api = net->api;
    OrtAllocator *allocator = NULL;
    size_t n = 0;
    if (!worked(api, api->GetAllocatorWithDefaultOptions(&allocator), net->label, GW_ERR_INTERNAL, err) ||
        !worked(api, input ? api->SessionGetInputCount(net->session, &n) : api->SessionGetOutputCount(net->session, &n),
            net->label, GW_ERR_INTERNAL, err))
        return false;
    GW_AUTO_VALUE(gw_buf) names = {};
    for (size_t i = 0; i < n; i++) {
        char *text = NULL;
        if (!worked(api,
                input ? api->SessionGetInputName(net->session, i, allocator, &text)
                      : api->SessionGetOutputName(net->session, i, allocator, &text),
                net->label, GW_ERR_INTERNAL, err))
            return false;
        bool same = strcmp(text, name) == 0;
        gw_buf_addf(&names, "%s%s", i == 0 ? "" : ", ", text);
        allocator->Free(allocator, text);
        if (same) {
            *index = i;
            return true;
        }
    }
    return gw_fail(err, GW_ERR_INVALID, "%s: the card names the %s \"%.60s\", but the network has: %.120s", net->label,
        input ? "input" : "output", name, gw_buf_text(&names));
}

static bool check_input(struct gw_net *net, const struct gw_shape *want, struct gw_err *err)
{
    size_t index = 0;
    struct gw_shape have = {};
    bool is_float = false;
    if (!find(net, true, net->input_name, &index, err) || !read_type(net, true, index, &have, &is_float, err))
        return false;
    if (!is_float)
        return gw_fail(err, GW_ERR_INVALID, "%s: the input \"%.60s\" is not of 32-bit floats", net->label, net->input_name);
    bool fits = have.rank == want->rank;
    for (size_t i = 0; fits && i < have.rank; i++)
        fits = have.dims[i] < 0 || have.dims[i] == want->dims[i];
    if (fits)
        return true;
    GW_AUTO_VALUE(gw_buf) is = {};
    GW_AUTO_VALUE(gw_buf) says = {};
    format_shape(&is, &have);
    format_shape(&says, want);
    return gw_fail(err, GW_ERR_INVALID, "%s: the network's input \"%.60s\" is %s, the card says %s", net->label,
        net->input_name, gw_buf_text(&is), gw_buf_text(&says));
}

static bool make_value(const struct gw_net *net, OrtValue **out, float *data, const struct gw_shape *shape,
    struct gw_err *err)
{
    return worked(net->api,
        net->api->CreateTensorWithDataAsOrtValue(net->memory, data, gw_shape_count(shape) * sizeof *data, shape->dims,
            shape->rank, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, out),
        net->label, GW_ERR_INTERNAL, err);
}

static bool run(const struct gw_net *net, const OrtValue *input, OrtValue **outputs, enum gw_err_code code,
    struct gw_err *err)
{
    const char *const inputs[] = { net->input_name };
    return worked(net->api,
        net->api->Run(net->session, NULL, inputs, &input, 1, (const char *const *)net->output_names, net->n_outputs,
            outputs),
        net->label, code, err);
}

static bool keep_output(struct gw_net *net, size_t i, struct gw_err *err)
{
    const OrtApi *api = net->api;
    OrtTensorTypeAndShapeInfo *info = NULL;
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    struct gw_shape *s = &net->output_shapes[i];
    bool ok = worked(api, api->GetTensorTypeAndShape(net->first[i], &info), net->label, GW_ERR_INVALID, err) &&
              worked(api, api->GetTensorElementType(info, &element), net->label, GW_ERR_INVALID, err) &&
              worked(api, api->GetDimensionsCount(info, &s->rank), net->label, GW_ERR_INVALID, err);
    if (ok && (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || s->rank > GW_NET_RANK))
        ok = gw_fail(err, GW_ERR_INVALID, "%s: the output \"%.60s\" is not a tensor of floats with at most %d dimensions",
            net->label, net->output_names[i], GW_NET_RANK);
    ok = ok && worked(api, api->GetDimensions(info, s->dims, s->rank), net->label, GW_ERR_INVALID, err);
    if (info != NULL)
        api->ReleaseTensorTypeAndShapeInfo(info);
    return ok;
}

bool gw_net_bind(struct gw_net *net, const char *input_name, const struct gw_shape *shape,
    const char *const *output_names, size_t n_outputs, const float *input, struct gw_err *err)
{
    assert(net->n_outputs == 0 && n_outputs >= 1 && n_outputs <= GW_NET_OUTPUTS);
    net->input_name = gw_strdup(input_name);
    net->input_shape = *shape;
    if (!check_input(net, shape, err))
        return false;
    for (size_t i = 0; i < n_outputs; i++) {
        size_t index = 0;
        if (!find(net, false, output_names[i], &index, err))
            return false;
        net->output_names[net->n_outputs++] = gw_strdup(output_names[i]);
    }
    /* ORT takes input as mutable but does not write to it. */
    OrtValue *value = NULL;
    bool ok = make_value(net, &value, (float *)(uintptr_t)input, shape, err) &&
              run(net, value, net->first, GW_ERR_INVALID, err);
    for (size_t i = 0; ok && i < n_outputs; i++)
        ok = keep_output(net, i, err);
    if (value != NULL)
        net->api->ReleaseValue(value);
    return ok;
}

const struct gw_shape *gw_net_output_shape(const struct gw_net *net, size_t i)
{
    assert(i < net->n_outputs);
    return &net->output_shapes[i];
}

const float *gw_net_first_output(const struct gw_net *net, size_t i)
{
    assert(i < net->n_outputs && net->first[i] != NULL);
    void *data = NULL;
    OrtStatus *status = net->api->GetTensorMutableData(net->first[i], &data);
    assert(status == NULL);
    return data;
}

void gw_net_forget(struct gw_net *net)
{
    for (size_t i = 0; i < GW_NET_OUTPUTS; i++)
        if (net->first[i] != NULL) {
            net->api->ReleaseValue(net->first[i]);
            net->first[i] = NULL;
        }
}

/* --- one caller's tensors ------------------------------------------------------------- */

static float *floats(size_t n)
{
    void *p = NULL;
    if (posix_memalign(&p, 64, (n == 0 ? 1 : n) * sizeof(float)) != 0)
        abort();
    memset(p, 0, n * sizeof(float));
    return p;
}

bool gw_net_io_init(struct gw_net_io *io, struct gw_net *net, struct gw_err *err)
{
    *io = (struct gw_net_io){ .net = net, .n_input = gw_shape_count(&net->input_shape) };
    io->input = floats(io->n_input);
    OrtValue *value = NULL;
    if (!make_value(net, &value, io->input, &net->input_shape, err))
        return false;
    io->values[0] = value;
    for (size_t i = 0; i < net->n_outputs; i++) {
        io->n_outputs_of[i] = gw_shape_count(&net->output_shapes[i]);
        io->outputs[i] = floats(io->n_outputs_of[i]);
        value = NULL;
        if (!make_value(net, &value, io->outputs[i], &net->output_shapes[i], err))
            return false;
        io->values[i + 1] = value;
    }
    return true;
}

static void let_go(float *p, size_t n)
{
    if (p != NULL)
        gw_wipe(p, n * sizeof *p);
    free(p);
}

void gw_net_io_done(struct gw_net_io *io)
{
    for (size_t i = 0; i < GW_COUNT(io->values); i++)
        if (io->values[i] != NULL)
            io->net->api->ReleaseValue(io->values[i]);
    let_go(io->input, io->n_input);
    for (size_t i = 0; i < GW_NET_OUTPUTS; i++)
        let_go(io->outputs[i], io->n_outputs_of[i]);
    *io = (struct gw_net_io){};
}

/* Infinity and NaN have all exponent bits set. */
static bool all_finite(const float *v, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad == 0;
}

bool gw_net_run(struct gw_net_io *io, struct gw_err *err)
{
    const struct gw_net *net = io->net;
    OrtValue *outputs[GW_NET_OUTPUTS];
    for (size_t i = 0; i < net->n_outputs; i++)
        outputs[i] = io->values[i + 1];
    if (!run(net, io->values[0], outputs, GW_ERR_INTERNAL, err))
        return false;
    for (size_t i = 0; i < net->n_outputs; i++)
        if (!all_finite(io->outputs[i], io->n_outputs_of[i]))
            return gw_fail(err, GW_ERR_INTERNAL, "%s: the output \"%.60s\" is not a finite number for this picture",
                net->label, net->output_names[i]);
    return true;
}
