package partner_test

import (
	"slices"
	"strings"
	"testing"

	"sluice/core/guard"
	"sluice/core/guard/partner"
)

// ofTheReference are the ids of the checks that the reference has, but for
// those of its default plugin, and other ids that its manifests give them.
const ofTheReference = `
qualifire.contentModeration qualifire.pii qualifire.promptInjections qualifire.grounding qualifire.hallucinations qualifire.policy
qualifire.toolUseQuality
portkey.moderateContent portkey.language portkey.pii portkey.gibberish
aporia.validateProject sydelabs.sydeguard pillar.scanPrompt pillar.scanResponse mistral.moderateContent pangea.textGuard pangea.pii
promptfoo.guard promptfoo.pii promptfoo.harm lasso.classify exa.online walledai.walledprotect javelin.guardrails f5-guardrails.scan
promptsecurity.protectPrompt promptsecurity.protectResponse panw-prisma-airs.intercept crowdstrike-aidr.guardChatCompletions
patronus.isConcise patronus.isHelpful patronus.isPolite patronus.noApologies patronus.noGenderBias patronus.noRacialBias
patronus.retrievalAnswerRelevance patronus.toxicity patronus.custom patronus.pii patronus.phi
bedrock.guard acuvity.scan azure.pii azure.contentSafety azure.shieldPrompt azure.protectedMaterial`

func TestEveryPartnerCheckOfTheReferenceIsThere(t *testing.T) {
	t.Parallel()
	ids := strings.Fields(ofTheReference)
	if len(ids) != 47 {
		t.Fatalf("%d ids, want 47", len(ids))
	}
	library := guard.NewLibrary(partner.Specs()...)
	for _, id := range append(ids, "Acuvity", "acuvity.Acuvity", "patronus.retrievalHallucination") {
		if library[id] == nil {
			t.Errorf("there is no %s", id)
		}
	}
}

func TestChecksRunAtTheEventsOfTheReference(t *testing.T) {
	t.Parallel()
	for event, only := range map[guard.Event]string{
		guard.Before: `qualifire.promptInjections portkey.moderateContent portkey.language pillar.scanPrompt promptfoo.guard lasso.classify
			exa.online promptsecurity.protectPrompt azure.shieldPrompt`,
		guard.After: `qualifire.grounding qualifire.hallucinations qualifire.toolUseQuality pillar.scanResponse
			promptsecurity.protectResponse azure.protectedMaterial patronus.isConcise patronus.isHelpful patronus.isPolite
			patronus.noApologies patronus.noGenderBias patronus.noRacialBias patronus.retrievalAnswerRelevance
			patronus.retrievalHallucination patronus.toxicity patronus.custom`,
	} {
		want := strings.Fields(only)
		for _, s := range partner.Specs() {
			if got := len(s.Events) == 1 && s.Events[0] == event; got != slices.Contains(want, s.ID) {
				t.Errorf("%s runs at %v", s.ID, s.Events)
			}
		}
	}
}
