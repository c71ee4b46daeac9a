package provider

import (
	"cmp"
	"strings"

	"sluice/core/llm"
)

// A vertexPlace is where a request is served: in a location, for a project.
type vertexPlace struct {
	version, project, region string
	express                  bool // an API key's own place
}

// vertexPlaceOf reads the place from the options, else from the service
// account, else from the client's own path, where that is one of Vertex AI's.
func vertexPlaceOf(s Settings, r Request) vertexPlace {
	account, _ := readGoogle(s.Option("vertex_service_account_json")) // told when the token is bought
	own := vertexPath(r.Path)
	at := vertexPlace{
		version: cmp.Or(own.version, "/v1"),
		project: cmp.Or(s.Option("vertex_project_id"), account.ProjectID, own.project),
		region:  cmp.Or(s.Option("vertex_region"), own.region),
	}
	at.express = at.project == "" && GoogleAPIKey(s.APIKey)
	return at
}

// vertexPath takes apart /v1/projects/{project}/locations/{location}/….
func vertexPath(path string) vertexPlace {
	parts := strings.Split(path, "/")
	if len(parts) < 6 || parts[1] != "v1" && parts[1] != "v1beta1" || parts[2] != "projects" || parts[4] != "locations" {
		return vertexPlace{}
	}
	return vertexPlace{version: "/" + parts[1], project: parts[3], region: parts[5]}
}

// base is the host of a location. Some span several regions.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
func (at vertexPlace) base(s Settings) (string, error) {
	switch {
	case s.CustomHost != "":
		return hostOr(s, "")
	case at.region == "global", at.region == "" && at.express:
		return "https://aiplatform.googleapis.com", nil
	case at.region == "us", at.region == "eu":
		return "https://aiplatform." + at.region + ".rep.googleapis.com", nil
	case at.region == "":
		return "", llm.Errorf(llm.BadRequest, "vertex-ai needs vertex_region, such as global, us-central1 or eu")
	}
	region, err := hostLabels("vertex_region", at.region)
	return "https://" + region + "-aiplatform.googleapis.com", err
}

// parent is the path of the project's location.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference
func (at vertexPlace) parent() (string, error) {
	if at.express {
		return "", nil
	}
	project, err := segment("vertex_project_id", at.project)
	if err != nil {
		return "", err
	}
	region, err := segment("vertex_region", at.region)
	return "/projects/" + project + "/locations/" + region, err
}
