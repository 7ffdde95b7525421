/*
 * The bench's ownership of OpenSSL's RAND: a provider of our own inside this process whose one algorithm, a RAND, draws
 * from the stream that runs now (provider-rand(7)). It replaces the seed source and every DRBG, so that nothing random
 * enters a run.
 *
 * Which stream that is lives in the provider's context, not in a variable of ours: RAND is global to the process, and
 * its route is part of it.
 */
#include "sim/rng.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDER "posbench"
#define ALGORITHM "POSBENCH-STREAM"
#define STRENGTH 256
#define REQUEST_MAX 65536

struct route {
    struct rng *stream;
};

struct instance {
    struct route *route;
    int state;
};

static void *stream_new(void *provider, void *parent, const OSSL_DISPATCH *parent_calls)
{
    (void)parent, (void)parent_calls;
    struct instance *i = calloc(1, sizeof *i);
    if (i)
        *i = (struct instance){.route = provider, .state = EVP_RAND_STATE_UNINITIALISED};
    return i;
}

static void stream_free(void *instance)
{
    free(instance);
}

static int stream_instantiate(void *instance, unsigned strength, int resistance, const unsigned char *text, size_t len,
                              const OSSL_PARAM params[])
{
    (void)strength, (void)resistance, (void)text, (void)len, (void)params;
    ((struct instance *)instance)->state = EVP_RAND_STATE_READY;
    return 1;
}

static int stream_uninstantiate(void *instance)
{
    ((struct instance *)instance)->state = EVP_RAND_STATE_UNINITIALISED;
    return 1;
}

static int stream_generate(void *instance, unsigned char *out, size_t len, unsigned strength, int resistance,
                           const unsigned char *extra, size_t extra_len)
{
    (void)strength, (void)resistance, (void)extra, (void)extra_len;
    struct rng *stream = ((struct instance *)instance)->route->stream;
    if (!stream)
        return 0;
    rng_bytes(stream, out, len);
    return 1;
}

/* OpenSSL's own callers add fresh entropy here; a run must not change by it. */
static int stream_reseed(void *instance, int resistance, const unsigned char *entropy, size_t len,
                         const unsigned char *extra, size_t extra_len)
{
    (void)instance, (void)resistance, (void)entropy, (void)len, (void)extra, (void)extra_len;
    return 1;
}

/* One thread: the locks that OpenSSL insists on guard nothing. */
static int stream_lock(void *instance)
{
    (void)instance;
    return 1;
}

static void stream_unlock(void *instance)
{
    (void)instance;
}

static const OSSL_PARAM *stream_gettable(void *instance, void *provider)
{
    (void)instance, (void)provider;
    static const OSSL_PARAM list[] = {OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
                                      OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
                                      OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL), OSSL_PARAM_END};
    return list;
}

static int stream_params(void *instance, OSSL_PARAM params[])
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
    if (p && !OSSL_PARAM_set_int(p, ((struct instance *)instance)->state))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
    if (p && !OSSL_PARAM_set_uint(p, STRENGTH))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
    return !p || OSSL_PARAM_set_size_t(p, REQUEST_MAX);
}

#define CALL(id, function) id, (void (*)(void))(function)
static const OSSL_DISPATCH stream_calls[] = {
    {CALL(OSSL_FUNC_RAND_NEWCTX, stream_new)},
    {CALL(OSSL_FUNC_RAND_FREECTX, stream_free)},
    {CALL(OSSL_FUNC_RAND_INSTANTIATE, stream_instantiate)},
    {CALL(OSSL_FUNC_RAND_UNINSTANTIATE, stream_uninstantiate)},
    {CALL(OSSL_FUNC_RAND_GENERATE, stream_generate)},
    {CALL(OSSL_FUNC_RAND_RESEED, stream_reseed)},
    {CALL(OSSL_FUNC_RAND_ENABLE_LOCKING, stream_lock)},
    {CALL(OSSL_FUNC_RAND_LOCK, stream_lock)},
    {CALL(OSSL_FUNC_RAND_UNLOCK, stream_unlock)},
    {CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, stream_gettable)},
    {CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, stream_params)},
    {0, NULL},
};

static const OSSL_ALGORITHM *provider_query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    static const OSSL_ALGORITHM list[] = {{ALGORITHM, "provider=" PROVIDER, stream_calls, NULL},
                                          {NULL, NULL, NULL, NULL}};
    *no_cache = 0;
    return operation == OSSL_OP_RAND ? list : NULL;
}

static void provider_end(void *provider)
{
    free(provider);
}

static const OSSL_DISPATCH provider_calls[] = {
    {CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query)},
    {CALL(OSSL_FUNC_PROVIDER_TEARDOWN, provider_end)},
    {0, NULL},
};

static int provider_start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                          void **provider)
{
    (void)handle, (void)in;
    *provider = calloc(1, sizeof(struct route));
    *out = provider_calls;
    return *provider != NULL;
}

/* NULL: OpenSSL's RAND is not ours. */
static const OSSL_PROVIDER *provider_of_openssl(void)
{
    EVP_RAND_CTX *public = RAND_get0_public(NULL);
    EVP_RAND *rand = public ? EVP_RAND_CTX_get0_rand(public) : NULL;
    return rand && EVP_RAND_is_a(rand, ALGORITHM) ? EVP_RAND_get0_provider(rand) : NULL;
}

/* Gives back what rng_own_openssl loaded, when OpenSSL itself goes: the handle is asked for again instead of kept. */
static void unload(void)
{
    const OSSL_PROVIDER *provider = provider_of_openssl();
    if (provider)
        OSSL_PROVIDER_unload((OSSL_PROVIDER *)provider);
}

int rng_own_openssl(void)
{
    if (OSSL_PROVIDER_available(NULL, PROVIDER))
        return provider_of_openssl() ? OK : E_CRYPTO;
    /* Retaining the fallbacks: a provider loaded by hand must not switch the default one off. */
    if (!OSSL_PROVIDER_add_builtin(NULL, PROVIDER, provider_start) || !OSSL_PROVIDER_try_load(NULL, PROVIDER, 1))
        return E_CRYPTO;
    if (!RAND_set_seed_source_type(NULL, ALGORITHM, NULL) || !RAND_set_DRBG_type(NULL, ALGORITHM, NULL, NULL, NULL))
        return E_CRYPTO; /* somebody has drawn before us */
    return provider_of_openssl() && OPENSSL_atexit(unload) ? OK : E_CRYPTO;
}

void rng_route_openssl(struct rng *r)
{
    const OSSL_PROVIDER *provider = provider_of_openssl();
    if (provider)
        ((struct route *)OSSL_PROVIDER_get0_provider_ctx(provider))->stream = r;
}
