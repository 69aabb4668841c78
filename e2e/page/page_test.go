// Package page_test opens the page that `syncer coverage --html` writes in a real browser, Chromium.
package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dpb587/concourse-resource-endpoints/e2e/stack"
)

// syncer is the program that writes the page.
var syncer string

func TestMain(m *testing.M) { os.Exit(prepared(m)) }

func prepared(m *testing.M) int {
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if err := stack.Prepare(context.Background(), "..", say); err != nil {
		say(err.Error())
		return 1
	}
	dir, err := os.MkdirTemp("", "page-")
	if err != nil {
		say(err.Error())
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	syncer = filepath.Join(dir, "syncer")
	build := exec.Command("go", "build", "-o", syncer, "./syncer")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		say(string(out))
		return 1
	}
	return m.Run()
}

// hostile is the name of a resource that would run a script where a page took it for HTML.
const hostile = `</script><script>document.title="planted"</script><img src=x onerror='document.title="planted"'>`

// write makes the page for so many git resources, one with the hostile name, and one without events. It returns the page's URL.
func write(tb testing.TB, resources int) string {
	tb.Helper()
	list := []map[string]any{
		{"name": hostile, "type": "git", "source": map[string]any{"uri": "https://github.com/acme/hostile"}},
		{"name": "open", "type": "s3", "source": map[string]any{"bucket": "((bucket))", "regexp": "a-(.*)"}},
	}
	for i := range resources - len(list) {
		list = append(list, map[string]any{"name": fmt.Sprintf("app-%04d", i), "type": "git", "source": map[string]any{"uri": fmt.Sprintf("https://github.com/acme/app-%d", i)}})
	}
	text, err := json.Marshal(map[string]any{"resources": list})
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	file, page := filepath.Join(dir, "pipeline.yml"), filepath.Join(dir, "coverage.html")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	if out, err := exec.CommandContext(tb.Context(), syncer, "coverage", "--pipeline", "main/app="+file, "--html", page).CombinedOutput(); err != nil {
		tb.Fatalf("%v: %s", err, out)
	}
	return "file://" + page
}

// browser is a tab of a browser, and what went wrong in it.
type browser struct {
	testing.TB

	ctx context.Context //nolint:containedctx // chromedp keeps the tab in it

	mu       sync.Mutex
	problems []string
}

// open opens the page in a browser of this width.
func open(tb testing.TB, page string, width int64) *browser {
	tb.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	within, cancel := context.WithTimeout(tb.Context(), 2*time.Minute)
	tb.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox) // root has no sandbox
	ctx, cancel := chromedp.NewExecAllocator(within, options...)
	tb.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	tb.Cleanup(cancel)
	b := &browser{TB: tb, ctx: ctx}
	b.do() // opens the tab, so that the listener misses nothing
	if err := chromedp.Listen(ctx, func(e any) { b.see(e, page) }); err != nil {
		tb.Fatal(err)
	}
	b.do(call(network.Enable, network.EnableParams{}), call(log.Enable, cdp.Empty{}), chromedp.EmulateViewport(width, 900), chromedp.Navigate(page))
	tb.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.problems) > 0 {
			tb.Errorf("the browser reports:\n%s", strings.Join(b.problems, "\n"))
		}
	})
	return b
}

// see notes errors, and requests for anything but the page.
func (b *browser) see(e any, page string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, "the console has a message of kind "+string(e.Type))
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if e.Request.URL != page {
			b.problems = append(b.problems, "a request for "+e.Request.URL)
		}
	}
}

// call is a command of the DevTools protocol.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// want compares the value of a JavaScript expression.
func (b *browser) want(expression, want string) {
	b.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](expression))
	if err != nil {
		b.Fatal(err)
	}
	if fmt.Sprint(got) != want {
		b.Errorf("%s is %v, want %s", expression, got, want)
	}
}

const (
	count  = `document.getElementById("count").textContent`
	shown  = `document.querySelectorAll("#rows tr").length`
	first  = `document.querySelector("#rows td").textContent`
	ground = `getComputedStyle(document.body).backgroundColor`
)

// choose sets a filter.
func choose(id, value string) chromedp.Action[chromedp.Void] {
	const script = `{ const s = document.getElementById(%q); s.value = %q; s.dispatchEvent(new Event("change")); }`
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(script, id, value))
}

func TestPage(t *testing.T) {
	page := write(t, 300)
	for name, width := range map[string]int64{"wide": 1280, "phone": 390} {
		t.Run(name, func(t *testing.T) {
			b := open(t, page, width)
			b.want(count, "300 of 300 resources, the first 200 shown")
			b.want(shown, "200")
			b.want(`document.documentElement.scrollWidth <= innerWidth`, "true")
			b.do(chromedp.Click(chromedp.CSS("#more")))
			b.want(shown, "300")

			b.do(chromedp.KeyEvent("/"), chromedp.KeyEvent("APP-0007 git"))
			b.want(count, "1 of 300 resources")
			b.want(first, "main/app/app-0007")
			b.do(chromedp.KeyEvent(kb.Escape))
			b.want(count, "300 of 300 resources, the first 200 shown")

			b.do(choose("group", "uncovered"))
			b.want(count, "1 of 300 resources")
			b.want(`document.querySelector("#rows").textContent.includes("What to do: give the ((var))")`, "true")
			b.do(choose("role", "trigger"), choose("type", "git"))
			b.want(count, "0 of 300 resources")
			b.do(chromedp.Click(chromedp.CSS("button[type=reset]")), chromedp.Poll[chromedp.Void](count+` !== "0 of 300 resources"`))
			b.want(count, "300 of 300 resources, the first 200 shown")

			b.do(chromedp.Click(chromedp.CSS("[data-team]")))
			b.want(`document.getElementById("team").value`, "main")
		})
	}
}

func TestNamesStayText(t *testing.T) {
	b := open(t, write(t, 5), 1280)
	b.do(chromedp.KeyEvent("/"), chromedp.KeyEvent("hostile"))
	b.want(count, "1 of 5 resources")
	b.want(first+`.includes('</script><script>document.title=')`, "true")
	b.want(`document.title + document.scripts.length + document.images.length`, "Coverage10")
}

func TestSort(t *testing.T) {
	b := open(t, write(t, 10), 1280)
	sorted := `document.querySelector("[aria-sort]").textContent + document.querySelector("[aria-sort]").getAttribute("aria-sort")`
	b.want(sorted, "Resourceascending")
	b.do(chromedp.Click(chromedp.CSS(`[data-column="1"]`)))
	b.want(sorted, "Typeascending")
	b.do(chromedp.Focus(chromedp.CSS(`[data-column="1"]`)), chromedp.KeyEvent(kb.Enter))
	b.want(sorted, "Typedescending")
	b.want(first, "main/app/open")
}

func TestTheme(t *testing.T) {
	b := open(t, write(t, 5), 1280)
	scheme := func(value string) chromedp.Action[chromedp.Void] {
		return call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
	}
	const dark, light = "rgb(22, 24, 29)", "rgb(255, 255, 255)"
	b.do(scheme("dark"))
	b.want(ground, dark)
	b.do(chromedp.Click(chromedp.CSS("#theme")))
	b.want(ground, light)
	b.do(chromedp.Click(chromedp.CSS("#theme")))
	b.want(ground, dark)
	b.do(scheme("light"))
	b.want(ground, dark) // the reader has chosen
}

// BenchmarkPage opens a page of 5,000 resources, and searches it.
func BenchmarkPage(bench *testing.B) {
	page := write(bench, 5000)
	b := open(bench, page, 1280)
	bench.Run("load", func(bench *testing.B) {
		for bench.Loop() {
			b.do(chromedp.Navigate(page))
		}
	})
	bench.Run("search", func(bench *testing.B) {
		b.do(chromedp.Navigate(page))
		const search = `(function () {
			const s = document.getElementById("search"), from = performance.now();
			s.value = s.value === "app-1" ? "app-2" : "app-1";
			s.dispatchEvent(new Event("input"));
			document.body.getBoundingClientRect(); // lay it out
			return performance.now() - from;
		})()`
		total, times := 0.0, 0
		for bench.Loop() {
			took, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](search))
			if err != nil {
				bench.Fatal(err)
			}
			total, times = total+took, times+1
		}
		bench.ReportMetric(total/float64(times), "ms/search")
	})
}
