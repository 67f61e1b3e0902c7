# make install PREFIX=/usr/local [DESTDIR=…], make uninstall. perfgo looks for its libraries beside
# itself (../lib), so an installed tree can be moved as a whole.
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
GODIR   ?= $(PREFIX)/share/perfgo/gohook
PCDIR   ?= $(LIBDIR)/pkgconfig
INSTALL ?= install

define PERFGO_PC
prefix=$(PREFIX)
libdir=$(LIBDIR)
bindir=$(BINDIR)
preload=$${libdir}/libperfgo.so

Name: perfgo
Description: Hardware counters for every Go benchmark; preload the library named by "preload"
Version: $(VERSION)
Libs: -L$${libdir} -Wl,-rpath,$${libdir} -lperfgo
endef
export PERFGO_PC

# The Go package, which is installed as source. There it links by pkg-config, without a build tag.
GOHOOK := $(filter-out %_test.go gohook/link_tree.go,$(wildcard gohook/*.go gohook/*.[ch] gohook/go.mod \
            gohook/README.md))

INSTALLED := $(BINDIR)/perfgo $(LIBDIR)/libperfgo.so $(LIBDIR)/libperfgo-engine.so $(LIBDIR)/libperfgo-simulate.so $(PCDIR)/perfgo.pc \
             $(GOHOOK:gohook/%=$(GODIR)/%)

install: all
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(PCDIR)' \
	  '$(DESTDIR)$(GODIR)'
	$(INSTALL) -m 755 $(PERFGO) '$(DESTDIR)$(BINDIR)/perfgo'
	$(INSTALL) -m 755 $(AGENT_SO) '$(DESTDIR)$(LIBDIR)/libperfgo.so'
	$(INSTALL) -m 755 $(ENGINE_SO) '$(DESTDIR)$(LIBDIR)/libperfgo-engine.so'
	$(INSTALL) -m 755 $(SIMULATOR_SO) '$(DESTDIR)$(LIBDIR)/libperfgo-simulate.so'
	printf '%s\n' "$$PERFGO_PC" >'$(DESTDIR)$(PCDIR)/perfgo.pc'
	chmod 644 '$(DESTDIR)$(PCDIR)/perfgo.pc'
	$(INSTALL) -m 644 $(GOHOOK) '$(DESTDIR)$(GODIR)'
	sed -i 's/ && perfgo_pkgconfig$$//' '$(DESTDIR)$(GODIR)/link_pkgconfig.go'

uninstall:
	rm -f $(foreach file,$(INSTALLED),'$(DESTDIR)$(file)')
	-rmdir '$(DESTDIR)$(GODIR)' '$(DESTDIR)$(dir $(GODIR:/=))' 2>/dev/null
.PHONY: uninstall
