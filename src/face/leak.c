/* leak.c - what LeakSanitizer passes over, in every program that loads ONNX Runtime: a few
 * bytes of the runtime's own that it does not give back at exit, some through C++ where
 * its frames cannot be walked. We allocate nothing with new. Only sanitized builds have this file. */

/* Asked for by the sanitizer, which declares them nowhere. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libonnxruntime\nleak:operator new\n";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
