/* Factory settings and downloaded ones put together: download_objects.h says how. Caller: download.c. */
#include "core/app/download_objects.h"

#include "core/emv/capk.h"

#include <string.h>

#define RID_LEN 5

static bool names_scheme(const struct parameter_set *set, const uint8_t rid[RID_LEN])
{
    for (size_t i = 0; i < set->count; i++)
        if (memcmp(set->item[i].name, rid, RID_LEN) == 0)
            return true;
    return false;
}

/* ---- keys ---- */

static void apply_keys(struct emv_config *emv, const struct parameter_set *set, size_t *left_out)
{
    struct emv_capk key;
    size_t kept = 0;
    for (size_t i = 0; i < emv->capks; i++)
        if (!names_scheme(set, emv->capk[i].rid))
            emv->capk[kept++] = emv->capk[i];
    emv->capks = kept;
    for (size_t i = 0; i < set->count; i++)
        *left_out += object_key(&set->item[i], &key) != OK || capk_take(emv, &key) != OK;
}

/* ---- applications, with their limits for taps in a table beside them ---- */

struct application {
    struct emv_aid aid;
    struct contactless_limits limits;
};

/* What the factory says of this application; nothing: zeros. */
static struct application factory_row(const struct config *factory, const struct parameter *object)
{
    struct application row;
    memset(&row, 0, sizeof row);
    for (size_t i = 0; i < factory->emv.aids; i++) {
        const struct emv_aid *aid = &factory->emv.aid[i];
        if (aid->len == object->name_len && memcmp(aid->aid, object->name, aid->len) == 0)
            row = (struct application){*aid, factory->contactless.aid[i]};
    }
    return row;
}

static void apply_applications(struct config *config, const struct parameter_set *set, size_t *left_out)
{
    struct application rows[EMV_AIDS];
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        struct application row = factory_row(config, &set->item[i]);
        if (count < EMV_AIDS && object_application(&set->item[i], &row.aid, &row.limits) == OK)
            rows[count++] = row;
        else
            (*left_out)++;
    }
    for (size_t i = 0; i < config->emv.aids; i++) {
        if (names_scheme(set, config->emv.aid[i].aid))
            continue;
        if (count < EMV_AIDS)
            rows[count++] = (struct application){config->emv.aid[i], config->contactless.aid[i]};
        else
            (*left_out)++;
    }
    for (size_t i = 0; i < count; i++) {
        config->emv.aid[i] = rows[i].aid;
        config->contactless.aid[i] = rows[i].limits;
    }
    config->emv.aids = count;
}

void download_apply(struct config *config, const struct parameter_set *keys, const struct parameter_set *applications,
                    size_t *left_out)
{
    *left_out = 0;
    apply_keys(&config->emv, keys, left_out);
    if (applications->count)
        apply_applications(config, applications, left_out);
}
