/* runtime.c - see runtime.h. */
#include "runtime.h"

#include <dlfcn.h>
#include <onnxruntime_c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct runtime {
    void *library;
    const OrtApi *api;
    const char *version;
    OrtEnv *env;
};

struct network {
    const OrtApi *api;
    OrtSession *session;
    OrtMemoryInfo *memory;
    OrtAllocator *allocator;
    char *input, *output[NETWORK_OUTPUTS_MAX];
    size_t n_outputs, rank;
    int64_t shape[8];
    OrtValue *values[NETWORK_OUTPUTS_MAX];
};

struct runtime *runtime_open(const char *source_folder)
{
    char vendored[4096];
    snprintf(vendored, sizeof vendored, "%s/vendor/onnxruntime/lib/libonnxruntime.so.1", source_folder);
    const char *places[] = { getenv("GANGWAY_RUNTIME"), vendored, "libonnxruntime.so.1", "libonnxruntime.so.1.21" };
    setenv("ORT_DISABLE_TELEMETRY", "1", 1); /* as src/face/ort.c does, and why */
    void *library = NULL;
    for (size_t i = 0; i < GW_COUNT(places) && library == NULL; i++)
        if (places[i] != NULL && places[i][0] != 0)
            library = dlopen(places[i], RTLD_NOW | RTLD_LOCAL);
    const OrtApiBase *(*get)(void) = library == NULL ? NULL : (const OrtApiBase *(*)(void))dlsym(library, "OrtGetApiBase");
    const OrtApi *api = get == NULL ? NULL : get()->GetApi(ORT_API_VERSION);
    OrtEnv *env = NULL;
    if (api == NULL || api->CreateEnv(ORT_LOGGING_LEVEL_WARNING, "tests", &env) != NULL) {
        fprintf(stderr, "no ONNX Runtime: run tools/setup\n");
        return NULL;
    }
    struct runtime *r = gw_alloc(sizeof *r);
    *r = (struct runtime){ library, api, get()->GetVersionString(), env };
    return r;
}

void runtime_close(struct runtime *r)
{
    if (r == NULL)
        return;
    r->api->ReleaseEnv(r->env);
    gw_free(r); /* the library stays: its threads and static objects do not like to be unloaded */
}

const char *runtime_version(const struct runtime *r)
{
    return r->version;
}

static bool done(const OrtApi *api, OrtStatus *status, struct gw_err *err)
{
    if (status == NULL)
        return true;
    gw_fail(err, GW_ERR_INTERNAL, "runtime: %s", api->GetErrorMessage(status));
    api->ReleaseStatus(status);
    return false;
}

static bool set_up(struct network *n, struct runtime *r, struct gw_span model, const struct network_options *o,
    OrtSessionOptions *options, struct gw_err *err)
{
    const OrtApi *api = r->api;
#define TRY(call) \
    if (!done(api, api->call, err)) \
    return false
    TRY(SetIntraOpNumThreads(options, o->threads == 0 ? 1 : o->threads));
    TRY(SetInterOpNumThreads(options, 1));
    TRY(AddSessionConfigEntry(options, "session.intra_op.allow_spinning", o->spin ? "1" : "0"));
    if (o->level >= 0)
        TRY(SetSessionGraphOptimizationLevel(options, (GraphOptimizationLevel)o->level));
    if (o->no_arena)
        TRY(DisableCpuMemArena(options));
    if (o->no_pattern)
        TRY(DisableMemPattern(options));
    if (o->save_path != NULL)
        TRY(SetOptimizedModelFilePath(options, o->save_path));
    if (o->profile != NULL)
        TRY(EnableProfiling(options, o->profile));
    for (size_t i = 0; i + 1 < GW_COUNT(o->config) && o->config[i] != NULL; i += 2)
        TRY(AddSessionConfigEntry(options, o->config[i], o->config[i + 1]));
    TRY(CreateSessionFromArray(r->env, model.data, model.size, options, &n->session));
    TRY(GetAllocatorWithDefaultOptions(&n->allocator));
    TRY(CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &n->memory));
    TRY(SessionGetInputName(n->session, 0, n->allocator, &n->input));
    size_t count;
    TRY(SessionGetInputCount(n->session, &count));
    if (count != 1)
        return gw_fail(err, GW_ERR_UNSUPPORTED, "runtime: %zu inputs", count);
    TRY(SessionGetOutputCount(n->session, &n->n_outputs));
    if (n->n_outputs > NETWORK_OUTPUTS_MAX)
        return gw_fail(err, GW_ERR_UNSUPPORTED, "runtime: %zu outputs", n->n_outputs);
    for (size_t i = 0; i < n->n_outputs; i++)
        TRY(SessionGetOutputName(n->session, i, n->allocator, &n->output[i]));
    OrtTypeInfo *info;
    TRY(SessionGetInputTypeInfo(n->session, 0, &info));
    const OrtTensorTypeAndShapeInfo *shape;
    bool ok = done(api, api->CastTypeInfoToTensorInfo(info, &shape), err) &&
              done(api, api->GetDimensionsCount(shape, &n->rank), err);
    if (ok && n->rank > GW_COUNT(n->shape))
        ok = gw_fail(err, GW_ERR_UNSUPPORTED, "runtime: %zu dimensions", n->rank);
    ok = ok && done(api, api->GetDimensions(shape, n->shape, n->rank), err);
    api->ReleaseTypeInfo(info);
    for (size_t i = 0; i < n->rank; i++)
        n->shape[i] = n->shape[i] < 1 ? 1 : n->shape[i];
    return ok;
}

struct network *network_open(struct runtime *r, struct gw_span model, const struct network_options *o, struct gw_err *err)
{
    struct network *n = gw_alloc(sizeof *n);
    OrtSessionOptions *options = NULL;
    n->api = r->api;
    bool ok = done(r->api, r->api->CreateSessionOptions(&options), err) && set_up(n, r, model, o, options, err);
    if (options != NULL)
        r->api->ReleaseSessionOptions(options);
    if (ok)
        return n;
    network_close(n);
    return NULL;
}

static void release_outputs(struct network *n)
{
    for (size_t i = 0; i < n->n_outputs && i < NETWORK_OUTPUTS_MAX; i++) {
        if (n->values[i] != NULL)
            n->api->ReleaseValue(n->values[i]);
        n->values[i] = NULL;
    }
}

void network_close(struct network *n)
{
    if (n == NULL)
        return;
    release_outputs(n);
    for (size_t i = 0; i < NETWORK_OUTPUTS_MAX; i++)
        if (n->output[i] != NULL && n->api->AllocatorFree(n->allocator, n->output[i]) != NULL)
            abort();
    if (n->input != NULL && n->api->AllocatorFree(n->allocator, n->input) != NULL)
        abort();
    if (n->memory != NULL)
        n->api->ReleaseMemoryInfo(n->memory);
    if (n->session != NULL)
        n->api->ReleaseSession(n->session);
    gw_free(n);
}

size_t network_input(const struct network *n, int64_t shape[8], size_t *rank)
{
    size_t floats = 1;
    for (size_t i = 0; i < n->rank; i++) {
        floats *= (size_t)n->shape[i];
        if (shape != NULL)
            shape[i] = n->shape[i];
    }
    if (rank != NULL)
        *rank = n->rank;
    return floats;
}

const char *network_input_name(const struct network *n)
{
    return n->input;
}

size_t network_output_names(const struct network *n, const char *names[NETWORK_OUTPUTS_MAX])
{
    for (size_t i = 0; i < n->n_outputs; i++)
        names[i] = n->output[i];
    return n->n_outputs;
}

bool network_run_shape(struct network *n, const float *input, const int64_t *shape, size_t rank, struct gw_err *err)
{
    size_t floats = 1;
    for (size_t i = 0; i < rank; i++)
        floats *= (size_t)shape[i];
    release_outputs(n);
    OrtValue *value = NULL;
    union {
        const float *in;
        void *out;
    } data = { .in = input };
    if (!done(n->api, n->api->CreateTensorWithDataAsOrtValue(n->memory, data.out, floats * sizeof *input, shape, rank,
            ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value), err))
        return false;
    const OrtValue *values[] = { value };
    const char *inputs[] = { n->input };
    bool ok = done(n->api, n->api->Run(n->session, NULL, inputs, values, 1, (const char *const *)n->output, n->n_outputs,
        n->values), err);
    n->api->ReleaseValue(value);
    return ok;
}

bool network_run(struct network *n, const float *input, struct gw_err *err)
{
    return network_run_shape(n, input, n->shape, n->rank, err);
}

size_t network_outputs(const struct network *n, const float *data[NETWORK_OUTPUTS_MAX], size_t size[NETWORK_OUTPUTS_MAX])
{
    for (size_t i = 0; i < n->n_outputs; i++) {
        OrtTensorTypeAndShapeInfo *info;
        void *p;
        if (n->api->GetTensorMutableData(n->values[i], &p) != NULL ||
            n->api->GetTensorTypeAndShape(n->values[i], &info) != NULL ||
            n->api->GetTensorShapeElementCount(info, &size[i]) != NULL)
            abort();
        data[i] = p;
        n->api->ReleaseTensorTypeAndShapeInfo(info);
    }
    return n->n_outputs;
}
