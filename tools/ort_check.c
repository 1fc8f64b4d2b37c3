/* ort_check.c - does this ONNX Runtime library answer the interface we were
 * compiled for? Prints its version; tools/setup runs it once a library is new. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "onnxruntime_c_api.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: ort_check LIBRARY\n");
        return 2;
    }
    setenv("ORT_DISABLE_TELEMETRY", "1", 1); /* as src/face/ort.c does, and why */
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    /* ISO C has no conversion from object to function pointer; POSIX grants it. */
    const OrtApiBase *(*base)(void) = NULL;
    *(void **)&base = dlsym(library, "OrtGetApiBase");
    if (base == NULL || base()->GetApi(ORT_API_VERSION) == NULL) {
        fprintf(stderr, "%s does not answer interface %d\n", argv[1], ORT_API_VERSION);
        return 1;
    }
    printf("ONNX Runtime %s answers interface %d\n", base()->GetVersionString(), ORT_API_VERSION);
    return 0;
}
