/*
 * Reading an ELF-64 shared object by hand: enough to refuse, with a reason, what would otherwise take the process down
 * or quietly break a promise of the bench. dlopen trusts its input; this file does not.
 */
#include "sim/image_elf.h"

#include "core/firmware.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADERS_MAX 64
#define SECTIONS_MAX 4096

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#error "images are known for x86-64 and aarch64"
#endif

struct file {
    const uint8_t *bytes;
    size_t len;
    Elf64_Ehdr head;
    char *why;
    size_t why_cap;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct file *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->why, f->why_cap, format, args);
    va_end(args);
    return HAL_E_IMAGE;
}

static bool inside(const struct file *f, uint64_t offset, uint64_t size)
{
    return offset <= f->len && size <= f->len - offset;
}

/* Row `index` of a table; copied, because nothing says that it is aligned. */
static bool read_row(const struct file *f, uint64_t table, size_t index, void *out, size_t size)
{
    uint64_t offset = table + (uint64_t)index * size;
    if (table > f->len || !inside(f, offset, size))
        return false;
    memcpy(out, f->bytes + offset, size);
    return true;
}

static const char *machine_name(unsigned machine)
{
    return machine == EM_X86_64 ? "x86-64" : machine == EM_AARCH64 ? "aarch64" : "another machine";
}

static int check_head(struct file *f)
{
    if (!read_row(f, 0, 0, &f->head, sizeof f->head) || memcmp(f->head.e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(f, "not an ELF file");
    if (f->head.e_ident[EI_CLASS] != ELFCLASS64 || f->head.e_ident[EI_DATA] != ELFDATA2LSB)
        return refuse(f, "not a 64-bit little-endian ELF file");
    if (f->head.e_type != ET_DYN)
        return refuse(f, "not a shared object");
    if (f->head.e_machine != MACHINE)
        return refuse(f, "built for %s, this bench runs on %s", machine_name(f->head.e_machine), machine_name(MACHINE));
    if (f->head.e_phentsize != sizeof(Elf64_Phdr) || f->head.e_phnum == 0 || f->head.e_phnum > HEADERS_MAX)
        return refuse(f, "damaged: program headers");
    if (f->head.e_shentsize != sizeof(Elf64_Shdr) || f->head.e_shnum == 0 || f->head.e_shnum > SECTIONS_MAX ||
        !inside(f, f->head.e_shoff, f->head.e_shnum * sizeof(Elf64_Shdr)))
        return refuse(f, "damaged or stripped of its section headers");
    return OK;
}

static int take_segment(const struct file *f, const Elf64_Phdr *row, struct image_elf *out)
{
    struct image_segment segment = {.offset = row->p_offset,
                                    .file_size = row->p_filesz,
                                    .address = row->p_vaddr,
                                    .memory_size = row->p_memsz,
                                    .writable = row->p_flags & PF_W};
    if (row->p_type == PT_GNU_RELRO)
        out->relro = segment;
    if (row->p_type == PT_TLS)
        out->tls = segment;
    if (row->p_type != PT_LOAD)
        return OK;
    if (segment.file_size > segment.memory_size || segment.memory_size > IMAGE_MEMORY_MAX ||
        segment.address > IMAGE_MEMORY_MAX || out->load_count == IMAGE_SEGMENTS)
        return refuse(f, "damaged: a segment has no sensible size");
    if (segment.writable && row->p_flags & PF_X)
        return refuse(f, "a segment is both writable and executable");
    out->loads[out->load_count++] = segment;
    return OK;
}

static bool within_load(const struct image_elf *elf, const struct image_segment *part)
{
    for (size_t i = 0; i < elf->load_count; i++) {
        const struct image_segment *load = &elf->loads[i];
        if (part->address >= load->address && part->address - load->address <= load->memory_size &&
            part->memory_size <= load->memory_size - (part->address - load->address) &&
            part->file_size <= part->memory_size)
            return true;
    }
    return part->memory_size == 0;
}

static int read_segments(const struct file *f, struct image_elf *out)
{
    for (size_t i = 0; i < f->head.e_phnum; i++) {
        Elf64_Phdr row;
        if (!read_row(f, f->head.e_phoff, i, &row, sizeof row) || !inside(f, row.p_offset, row.p_filesz))
            return refuse(f, "damaged: cut off");
        int status = take_segment(f, &row, out);
        if (status)
            return status;
    }
    /* .tbss takes no memory in its load segment, so only what the file holds must lie in one */
    struct image_segment tdata = out->tls;
    tdata.memory_size = tdata.file_size;
    if (!out->load_count || !within_load(out, &tdata) || out->tls.memory_size > IMAGE_MEMORY_MAX ||
        out->tls.file_size > out->tls.memory_size)
        return refuse(f, "damaged: segments");
    return OK;
}

/* First section of `type` and the string table it links to. */
static bool find_section(const struct file *f, uint32_t type, Elf64_Shdr *out, Elf64_Shdr *strings)
{
    for (size_t i = 0; i < f->head.e_shnum; i++)
        if (read_row(f, f->head.e_shoff, i, out, sizeof *out) && out->sh_type == type)
            return out->sh_link < f->head.e_shnum &&
                   read_row(f, f->head.e_shoff, out->sh_link, strings, sizeof *strings) &&
                   inside(f, out->sh_offset, out->sh_size) && inside(f, strings->sh_offset, strings->sh_size);
    return false;
}

/* NULL: outside the table, or without an end. */
static const char *string_at(const struct file *f, const Elf64_Shdr *strings, uint64_t offset)
{
    const char *start = (const char *)f->bytes + strings->sh_offset;
    if (offset >= strings->sh_size || !memchr(start + offset, '\0', strings->sh_size - offset))
        return NULL;
    return start + offset;
}

static int take_symbol(const struct file *f, const Elf64_Sym *symbol, const char *name, struct image_elf *out,
                       bool *found)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info);
    if (bind == STB_LOCAL)
        return OK;
    if (symbol->st_shndx == SHN_UNDEF) {
        out->needs_asan |= strcmp(name, "__asan_init") == 0;
        return OK;
    }
    if (strcmp(name, FIRMWARE_SYMBOL) == 0)
        *found = true;
    else if (strncmp(name, "__odr_asan", 10) != 0) /* AddressSanitizer's own marks beside exported data */
        return refuse(f, "exports %.60s; an image exports " FIRMWARE_SYMBOL " and nothing else", name);
    return OK;
}

static int read_symbols(const struct file *f, struct image_elf *out)
{
    Elf64_Shdr table, strings;
    bool found = false;
    if (!find_section(f, SHT_DYNSYM, &table, &strings))
        return refuse(f, "damaged: no dynamic symbols");
    for (size_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        const char *name = NULL;
        if (read_row(f, table.sh_offset, i, &symbol, sizeof symbol))
            name = string_at(f, &strings, symbol.st_name);
        if (!name)
            return refuse(f, "damaged: symbol names");
        int status = take_symbol(f, &symbol, name, out, &found);
        if (status)
            return status;
    }
    return found ? OK : refuse(f, "does not export " FIRMWARE_SYMBOL);
}

/* A shared SQLite keeps the VFS of an abandoned core, and every other static of its own, over a reboot. */
static int read_libraries(const struct file *f, struct image_elf *out)
{
    Elf64_Shdr table, strings;
    if (!find_section(f, SHT_DYNAMIC, &table, &strings))
        return refuse(f, "damaged: no dynamic section");
    for (size_t i = 0; i < table.sh_size / sizeof(Elf64_Dyn); i++) {
        Elf64_Dyn entry;
        if (!read_row(f, table.sh_offset, i, &entry, sizeof entry) || entry.d_tag == DT_NULL)
            break;
        const char *name = entry.d_tag == DT_NEEDED ? string_at(f, &strings, entry.d_un.d_val) : "";
        if (!name)
            return refuse(f, "damaged: library names");
        out->links_libasan |= strncmp(name, "libasan.", 8) == 0;
        if (strncmp(name, "libsqlite3.", 11) == 0)
            return refuse(f, "links %.40s; SQLite must be linked in statically, or its state outlives a reboot", name);
    }
    return OK;
}

int image_elf_check(const uint8_t *bytes, size_t len, struct image_elf *out, char *why, size_t why_cap)
{
    struct file f = {.bytes = bytes, .len = len, .why = why, .why_cap = why_cap};
    memset(out, 0, sizeof *out);
    int status = check_head(&f);
    if (status == OK)
        status = read_segments(&f, out);
    if (status == OK)
        status = read_symbols(&f, out);
    if (status == OK)
        status = read_libraries(&f, out);
    return status;
}
