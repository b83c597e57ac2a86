package api

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestAnAssistantAsksHowItIs(t *testing.T) {
	h := httptest.NewServer(serve(&desk{}, ""))
	defer h.Close()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: h.URL + "/mcp"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) != 6 {
		t.Fatalf("%d tools, %v", len(tools.Tools), err)
	}
	give := map[string]map[string]any{"how_was_it": {"from": "1h", "journey": "/pay"}}
	want := map[string]string{
		"how_is_it": `"open_incidents":[{`, "how_was_it": `"active":20`, "incidents": "2026-11-24-0900", "moments": `"moments":[]`, "worst_windows": `"windows":[{`, "masked_faults": `"faults":0`,
	}
	for _, tool := range tools.Tools {
		if tool.Annotations == nil || !tool.Annotations.ReadOnlyHint {
			t.Errorf("%s does not say that it only reads", tool.Name)
		}
		args := give[tool.Name]
		if args == nil {
			args = map[string]any{}
		}
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool.Name, Arguments: args})
		if err != nil || result.IsError {
			t.Errorf("%s: %v %+v", tool.Name, err, result)
			continue
		}
		text := result.Content[0].(*mcp.TextContent).Text
		if !strings.Contains(text, want[tool.Name]) {
			t.Errorf("%s answers %.200s, want %s", tool.Name, text, want[tool.Name])
		}
	}
	if result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "how_was_it", Arguments: map[string]any{"from": "whenever"}}); err == nil && !result.IsError {
		t.Error("a time that is none is answered")
	}
}
