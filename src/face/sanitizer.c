/* sanitizer.c - what sanitizers pass over, in every program that loads ONNX Runtime: a few
 * bytes of the runtime's own that it does not give back at exit, some through C++ where its
 * frames cannot be walked (we allocate nothing with new), and what its own threads do while
 * it is taken down: it is not instrumented, so its locks are not seen. Only sanitized builds
 * have this file. */

/* Asked for by the sanitizers, which declare them nowhere. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);
const char *__tsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libonnxruntime\nleak:operator new\n";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

const char *__tsan_default_suppressions(void)
{
    return "race:libonnxruntime\n";
}
