// faiss_flat.cc - the system's FAISS, on one thread.
#include "faiss_flat.h"

#include <faiss/IndexFlat.h>
#include <omp.h>

struct faiss_flat {
    faiss::IndexFlatIP index;
};

struct faiss_flat *faiss_flat_new(size_t dim)
{
    omp_set_num_threads(1);
    return new faiss_flat{ faiss::IndexFlatIP((faiss::Index::idx_t)dim) };
}
void faiss_flat_add(struct faiss_flat *f, const float *v, size_t n)
{
    f->index.add((faiss::Index::idx_t)n, v);
}
void faiss_flat_search(struct faiss_flat *f, const float *probes, size_t n_probes, float *scores, long *at)
{
    f->index.search((faiss::Index::idx_t)n_probes, probes, 1, scores, at);
}
void faiss_flat_free(struct faiss_flat *f)
{
    delete f;
}
