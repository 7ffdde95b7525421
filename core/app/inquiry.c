/*
 * The balance of the account (DOMAIN 4.3: 0200 with DE3 310000 and no amount), which moves nothing: it stands in no
 * journal, and is never reversed. Called by online.c in the place of a sale's exchange.
 */
#include "core/app/inquiry.h"

#include "core/app/online.h"
#include "core/app/ui.h"

#include <stdio.h>
#include <stdlib.h>

/* DE54: account type 2, kind of amount 2 ("02" available), currency 3, C or D, amount 12. What the screen can show of
 * it; "-" without one. */
static void take_balance(struct app *app)
{
    enum { KIND_AT = 2, SIGN_AT = 7, AMOUNT_AT = 8, LEN = 20 };
    struct sale *s = &app->sale;
    char text[121] = "", amount[MONEY_TEXT] = "-";
    s->text = s->note;
    (void)iso_text(&app->answer, 54, text, sizeof text);
    bool known = strlen(text) >= LEN && strncmp(text + KIND_AT, "02", 2) == 0;
    text[LEN] = '\0';
    if (known && strspn(text + AMOUNT_AT, "0123456789") == LEN - AMOUNT_AT)
        money_format(strtoull(text + AMOUNT_AT, NULL, 10), amount);
    snprintf(s->note, sizeof s->note, "%s%s", known && text[SIGN_AT] == 'D' ? "-" : "", amount);
}

/* An answer that cannot be believed is none. */
int inquiry_exchange(struct app *app, enum sale_result *result)
{
    bool sent = false;
    int r = ui_show(app, SCREEN_waiting_host, NULL, NULL);
    if (r == OK)
        r = net_exchange(&app->net, &app->request, &app->answer, &sent);
    if (r < 0)
        return r;
    *result = sent ? SALE_NO_ANSWER : SALE_NO_LINE;
    app->sale.text = ui_text(app, "No answer", "无响应");
    if (r != OK)
        return OK;
    online_take_answer(app);
    const struct iso_response *response = iso_response(app->sale.entry.response);
    *result = SALE_APPROVED;
    if (response->kind != ISO_APPROVE)
        online_refuse(app, response, result);
    else
        take_balance(app);
    return OK;
}
