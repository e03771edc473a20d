// Reads Kubernetes manifests from standard input and prints their errors: unknown or misspelt fields, wrong types,
// and pods that the Pod Security Standard "restricted" refuses. The exit code is 1 when there are errors.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	if err := monitoring.AddToScheme(scheme.Scheme); err != nil {
		fail(err)
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	pods, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		fail(err)
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	count, wrong := 0, 0
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fail(err)
		}
		if isEmpty(document) {
			continue
		}
		count++
		object, kind, err := strict.Decode(document, nil, nil)
		if err != nil {
			fmt.Printf("document %d: %v\n", count, err)
			wrong++
			continue
		}
		for _, reason := range refusals(pods, object) {
			fmt.Printf("document %d, %s: %s\n", count, kind.Kind, reason)
			wrong++
		}
	}
	fmt.Printf("%d documents, %d mistakes\n", count, wrong)
	if wrong > 0 || count == 0 {
		os.Exit(1)
	}
}

// isEmpty reports whether a document contains only comments.
func isEmpty(document []byte) bool {
	var content any
	return yaml.Unmarshal(document, &content) == nil && content == nil
}

// refusals returns the reasons for which "restricted" refuses the pods of an object.
func refusals(pods policy.Evaluator, object runtime.Object) []string {
	var meta *corev1.PodTemplateSpec
	switch typed := object.(type) {
	case *appsv1.Deployment:
		meta = &typed.Spec.Template
	case *corev1.Pod:
		meta = &corev1.PodTemplateSpec{ObjectMeta: typed.ObjectMeta, Spec: typed.Spec}
	default:
		return nil
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var reasons []string
	for _, result := range pods.EvaluatePod(restricted, &meta.ObjectMeta, &meta.Spec) {
		if !result.Allowed {
			reasons = append(reasons, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return reasons
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
