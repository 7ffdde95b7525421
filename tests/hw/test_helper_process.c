/* hw/helper: helpers that hang, crash or are left behind, and what they inherit. */
#include "tests/hw/fake_driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int exchange(struct hw_helper *h)
{
    uint8_t answer[HAL_RPDU_MAX];
    size_t len;
    return hw_helper_exchange(h, 0, (const uint8_t *)"\0\xB2\1\xC\0", 5, answer, sizeof answer, &len);
}

static int power_on(struct hw_helper *h)
{
    uint8_t atr[HAL_ATR_MAX];
    size_t len;
    return hw_helper_power_on(h, false, atr, &len);
}

static bool runs(int pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH; /* a zombie counts as running */
}

static unsigned descriptors(int pid)
{
    char path[40];
    unsigned n = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *d = opendir(path);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2 - (pid == getpid());
}

static void one_that_hangs_is_killed_and_followed(void **state)
{
    (void)state;
    fake->present = true;
    struct hw_helper *h = fake_start(200);
    bool present;
    assert_int_equal(hw_helper_presence(h, &present), OK);
    int first = fake->pid;
    fake->mood_call = FAKE_HANGS;
    uint64_t begun = helper_now_ms();
    assert_int_equal(exchange(h), HAL_E_IO);
    assert_true(helper_now_ms() - begun >= 200);
    assert_true(helper_now_ms() - begun < 5000);
    assert_string_equal(hw_helper_trouble(h), "reader Fake 1: no answer to a command within 200 ms; its helper process "
                                              "was killed and is started again");
    assert_false(runs(first)); /* not even as a zombie */
    fake->mood_call = FAKE_WELL;
    assert_true(helper_readable(hw_helper_fd(h), helper_now_ms() + 10000)); /* the next one watches */
    assert_int_equal(hw_helper_presence(h, &present), OK);
    assert_true(present);
    assert_int_equal(power_on(h), OK);
    assert_int_equal(exchange(h), OK);
    assert_int_not_equal(fake->pid, first);
    hw_helper_stop(h);
    assert_false(runs(fake->pid));
}

static void one_that_crashes_is_told_and_followed(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    fake->mood_call = FAKE_CRASHES;
    assert_int_equal(exchange(h), HAL_E_IO);
    assert_string_equal(hw_helper_trouble(h),
                        "reader Fake 1: its driver broke down during a command; its helper process "
                        "ended by signal 6 (Aborted) and is started again");
    fake->mood_call = FAKE_WELL;
    assert_int_equal(power_on(h), OK);
    hw_helper_stop(h);
}

static void one_that_crashes_while_idle_is_followed_without_hurry(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    bool present = true;
    assert_int_equal(hw_helper_presence(h, &present), OK);
    fake->mood_wait = FAKE_CRASHES;
    uint64_t until = helper_now_ms() + 1500;
    int heard = 0;
    while (helper_readable(hw_helper_fd(h), until)) {
        heard += hw_helper_presence(h, &present) == HAL_E_IO;
        assert_false(present);
    }
    assert_in_range(heard, 1, 5); /* not thousands */
    fake->mood_wait = FAKE_WELL;
    fake->present = true;
    assert_int_equal(power_on(h), OK); /* a call ends the pause */
    assert_true(helper_readable(hw_helper_fd(h), helper_now_ms() + 10000));
    assert_int_equal(hw_helper_presence(h, &present), OK);
    assert_true(present);
    hw_helper_stop(h);
}

static void the_end_is_bounded(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    int pid = fake->pid;
    fake->mood_off = FAKE_HANGS;
    uint64_t begun = helper_now_ms();
    hw_helper_stop(h);
    assert_true(helper_now_ms() - begun < HELPER_STOP_MS + 2000);
    assert_false(runs(pid));
    hw_helper_stop(NULL);
}

static void signals_of_a_terminal_do_not_reach_it(void **state)
{
    (void)state;
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL); /* not inherited */
    struct hw_helper *h = fake_start(5000);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    int pid = fake->pid;
    kill(pid, SIGINT);
    kill(pid, SIGHUP);
    assert_int_equal(power_on(h), OK);
    assert_int_equal(fake->pid, pid);
    fake->mood_wait = FAKE_HANGS; /* told to end while its driver blocks */
    kill(pid, SIGTERM);
    bool present;
    (void)hw_helper_presence(h, &present); /* its first word */
    assert_true(helper_readable(hw_helper_fd(h), helper_now_ms() + 10000));
    fake->mood_wait = FAKE_WELL;
    assert_int_equal(hw_helper_presence(h, &present), HAL_E_IO);
    assert_int_equal(power_on(h), OK);
    hw_helper_stop(h);
}

static void what_the_caller_has_open_stays_the_callers(void **state)
{
    (void)state;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0); /* not close-on-exec, as in a program that knows nothing of us */
    struct hw_helper *h = fake_start(5000);
    close(ends[1]);
    assert_true(helper_readable(ends[0], helper_now_ms() + 2000)); /* the helper does not hold the writing end */
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    assert_int_equal(descriptors(fake->pid), 5); /* the standard streams and two sockets */
    hw_helper_stop(h);
}

static void nothing_leaks_over_many_lives(void **state)
{
    (void)state;
    unsigned before = descriptors(getpid());
    for (int i = 0; i < 20; i++) {
        struct hw_helper *h = fake_start(i % 2 ? 50 : 5000);
        fake->mood_call = i % 3 ? FAKE_HANGS * (i % 2) : FAKE_CRASHES;
        (void)exchange(h);
        fake->mood_call = FAKE_WELL;
        assert_int_equal(power_on(h), OK);
        hw_helper_stop(h);
    }
    assert_int_equal(descriptors(getpid()), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, dead or alive */
    assert_int_equal(errno, ECHILD);
}

/* Starts a helper in a process that is then killed as a worker is: without a chance to stop it. */
static int orphan(int mood)
{
    pid_t worker = fork();
    if (worker == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        struct hw_helper *h = fake_start(60000);
        fake->mood_call = mood;
        (void)exchange(h);
        for (;;)
            pause();
    }
    WAIT_FOR(fake->looked > 0 && (mood == FAKE_WELL || fake->protocol == 0));
    int pid = fake->pid;
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    return pid;
}

static void one_whose_caller_is_killed_ends(void **state)
{
    (void)state;
    int pid = orphan(FAKE_WELL);
    WAIT_FOR(!runs(pid));
    assert_int_equal(fake->off, 1); /* in order: the card is without power */
    assert_int_equal(fake->closed, 1);
    fake_setup(NULL);
    fake->protocol = -1;
    pid = orphan(FAKE_HANGS);
    WAIT_FOR(!runs(pid));
    assert_int_equal(fake->closed, 0);
}

static void a_call_costs_little(void **state)
{
    (void)state;
    struct hw_helper *h = fake_start(5000);
    uint64_t begun = helper_now_ms();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(exchange(h), OK);
    assert_true(helper_now_ms() - begun < 1000); /* a millisecond each; about 0.03 on a machine of 2024 */
    hw_helper_stop(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_that_hangs_is_killed_and_followed, fake_setup),
        cmocka_unit_test_setup(one_that_crashes_is_told_and_followed, fake_setup),
        cmocka_unit_test_setup(one_that_crashes_while_idle_is_followed_without_hurry, fake_setup),
        cmocka_unit_test_setup(the_end_is_bounded, fake_setup),
        cmocka_unit_test_setup(signals_of_a_terminal_do_not_reach_it, fake_setup),
        cmocka_unit_test_setup(what_the_caller_has_open_stays_the_callers, fake_setup),
        cmocka_unit_test_setup(nothing_leaks_over_many_lives, fake_setup),
        cmocka_unit_test_setup(one_whose_caller_is_killed_ends, fake_setup),
        cmocka_unit_test_setup(a_call_costs_little, fake_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
