/* faiss_flat.h - FAISS IndexFlatIP for comparison; the only file with it is faiss_flat.cc. */
#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
struct faiss_flat;
struct faiss_flat *faiss_flat_new(size_t dim);
void faiss_flat_add(struct faiss_flat *f, const float *v, size_t n);
/* Best one of each probe. */
void faiss_flat_search(struct faiss_flat *f, const float *probes, size_t n_probes, float *scores, long *at);
void faiss_flat_free(struct faiss_flat *f);
#ifdef __cplusplus
}
#endif
