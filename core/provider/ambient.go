package provider

import (
	"cmp"
	"net/http"
)

// Ambient is what the process itself lends to targets. Each main fills it
// from its environment; what is not in it, no client can ask for. One value
// serves a whole process and must not be copied.
type Ambient struct {
	// Client makes the requests that buy tokens. Nil means one that follows
	// no redirects and gives up after some seconds.
	Client *http.Client

	// AzureManaged lends the managed identity of the machine to targets with
	// azure_auth_mode managed.
	AzureManaged bool

	// AzureWorkload lends a workload identity to targets with
	// azure_auth_mode workload.
	AzureWorkload *AzureWorkload

	// Google lends the identity of the process on Google Cloud to targets with
	// vertex_auth_mode ambient.
	Google *GoogleIdentity

	tokens tokenCache // bought with targets' credentials
}

// nothing is lent where nobody lends anything; it still keeps tokens.
var nothing Ambient

// AzureWorkload is a Microsoft Entra workload identity, as its webhook puts
// it into the environment of a container.
//
// https://learn.microsoft.com/azure/aks/workload-identity-overview
type AzureWorkload struct {
	Authority string // AZURE_AUTHORITY_HOST; empty: https://login.microsoftonline.com
	TenantID  string // AZURE_TENANT_ID
	ClientID  string // AZURE_CLIENT_ID; a target's azure_workload_client_id counts more
	TokenFile string // AZURE_FEDERATED_TOKEN_FILE
}

// GoogleIdentity says where the process finds its own credential for Google
// Cloud, in the order of Application Default Credentials.
//
// https://cloud.google.com/docs/authentication/application-default-credentials
type GoogleIdentity struct {
	File     string // GOOGLE_APPLICATION_CREDENTIALS; empty: none
	Metadata bool   // ask the metadata server, where there is no file
}

func (s Settings) ambient() *Ambient { return cmp.Or(s.Ambient, &nothing) }
